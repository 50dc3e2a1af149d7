//! What the log says.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::Value;
use tapedeck_tests::crossover;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;

use crate::server::{PATIENCE, Server};
use crate::support::{TestDatabase, client};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const TRACEPARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

#[tokio::test]
async fn a_request_is_followed_from_its_line_to_the_last_one_of_its_job() {
    let database = TestDatabase::migrated().await;
    let (dir, url) = (TempDir::new().unwrap(), database.url());
    let env = |role| [("DATABASE_URL", url.as_str()), ("TAPEDECK_ROLE", role)];
    let api = Server::start(dir.path(), &env("api")).await;
    let worker = Server::start(dir.path(), &env("worker")).await;
    let headers = [("x-request-id", "follow-me"), ("traceparent", TRACEPARENT)];
    let id = api.submit(&crossover(), &headers).await;
    assert_eq!(api.end_of(&id).await["request_id"], "follow-me");

    let of_request = |line: &Value| line["span"]["request.id"] == "follow-me";
    let served = api.said("request served", of_request).await;
    assert_eq!(served["level"], "INFO");
    assert_eq!(served["http.method"], "POST");
    assert_eq!(served["http.route"], "/api/v1/backtests");
    assert_eq!(served["http.status"], 202);
    assert_eq!((&served["actor"], &served["peer"]), (&"anonymous".into(), &"127.0.0.1".into()));
    assert!(served["duration_ms"].as_f64().unwrap() > 0.0);
    assert!(served["bytes"].as_u64().unwrap() > 100);
    let queued = api.said("backtest queued", of_request).await;
    for line in [&served, &queued] {
        assert_eq!(line["span"]["trace.id"], TRACE, "{line}");
        assert_eq!(line["span"]["parent.id"], "00f067aa0ba902b7", "{line}");
    }

    let ended = worker.said("job ended", of_request).await;
    assert_eq!((&ended["job.status"], &ended["job.id"]), (&"succeeded".into(), &id.clone().into()));
    assert!(ended["duration_ms"].is_u64() && ended["bars"].as_u64().unwrap() > 1000, "{ended}");
    let claimed = worker.said("job claimed", of_request).await;
    assert!(claimed["queue_wait_ms"].is_u64(), "{claimed}");
    let started = worker.said("job started", of_request).await;
    let run = &ended["span"];
    for line in [&claimed, &started] {
        assert_eq!(&line["span"]["lease.id"], &run["lease.id"]);
    }
    assert_eq!(run["job.id"], id.as_str());
    assert_eq!(run["strategy.id"], "sma_crossover");
    assert_eq!(run["dataset.id"], "aapl-1d");
    assert_eq!(run["trace.id"], TRACE);
    assert_eq!(run["parent.id"], served["span"]["span.id"]);
    let worker_id = worker.said("worker started", |_| true).await["worker.id"].clone();
    assert_eq!(run["worker.id"], worker_id);
}

#[tokio::test]
async fn a_malformed_traceparent_begins_a_trace_of_its_own() {
    let dir = TempDir::new().unwrap();
    let server = Server::start(dir.path(), &[]).await;
    let upper = TRACEPARENT.to_uppercase();
    for (n, text) in [upper.as_str(), "00-0-0-00", "x"].into_iter().enumerate() {
        let request = server.client.get(server.url("/api/v1/queue"));
        let id = format!("r-{n}");
        let sent = request.header("traceparent", text).header("x-request-id", &id).send().await;
        assert_eq!(sent.unwrap().status(), 200);
        let line = server.said("request served", |line| line["span"]["request.id"] == id).await;
        let trace = line["span"]["trace.id"].as_str().unwrap();
        assert!(trace.len() == 32 && trace != TRACE, "{trace}");
        assert_eq!(line["span"]["parent.id"], Value::Null);
    }
}

#[tokio::test]
async fn a_socket_has_its_line_when_it_ends_and_probes_have_none() {
    let dir = TempDir::new().unwrap();
    let server = Server::start(dir.path(), &[]).await;
    let id = server.submit(&crossover(), &[]).await;
    server.end_of(&id).await;
    let url = format!("ws://{}/api/v1/backtests/{id}/ws", server.address);
    let (mut socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
    for _ in 0..2 {
        socket.send(Message::text(r#"{"t":"ctrl","cmd":"step"}"#)).await.unwrap();
    }
    let mut frames = 0;
    while frames < 2 {
        let heard = socket.next().await.unwrap().unwrap();
        frames += u32::from(heard.to_text().unwrap_or_default().contains("\"t\":\"frame\""));
    }
    let open = server.scrape().await;
    assert_eq!(open.sum("tapedeck_streams_open", &[("kind", "playback_ws")]), 1.0);
    assert_eq!(open.sum("tapedeck_playback_frames_sent_total", &[]), 2.0);
    let is_socket = |line: &Value| line["http.route"] == "/api/v1/backtests/{id}/ws";
    assert!(!server.lines().iter().any(is_socket), "it has not ended");
    tokio::time::sleep(Duration::from_millis(300)).await;
    socket.close(None).await.unwrap();
    let line = server.said("request served", is_socket).await;
    assert_eq!(line["http.status"], 101);
    assert!(line["duration_ms"].as_f64().unwrap() >= 300.0, "{line}");
    for path in ["/healthz", "/api/health/ready", "/metrics"] {
        server.get(path).await;
    }
    server.get("/api/v1/queue").await;
    server.said("request served", |line| line["http.path"] == "/api/v1/queue").await;
    let probed = |line: &Value| {
        let path = line["http.path"].as_str().unwrap_or_default();
        path.contains("health") || path == "/metrics"
    };
    assert!(!server.lines().iter().any(probed), "nobody wants to read of probes");
    let closed = async {
        while server.scrape().await.sum("tapedeck_streams_open", &[]) > 0.0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, closed).await.unwrap();
}

const CANARY: &str = "canary-5f1d";

/// Sends bytes as they are; the first line of the answer.
async fn raw(server: &Server, request: &str) -> String {
    let mut stream = TcpStream::connect(&server.address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = vec![0; 64];
    let read = stream.read(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer[..read]).lines().next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn no_secret_is_logged_and_no_line_is_forged() {
    for format in ["json", "pretty"] {
        let dir = TempDir::new().unwrap();
        let server =
            Server::start(dir.path(), &[("LOG_FORMAT", format), ("LOG_LEVEL", "debug")]).await;
        let forged = "/api/v1/backtests/x%0aINFO%20forged%0d%0a%1b[31m";
        let request = format!(
            "GET {forged}?ticket={CANARY} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {CANARY}\r\n\
             cookie: session={CANARY}\r\nx-request-id: a\tb\r\ntraceparent: {CANARY}\r\n\r\n"
        );
        let answer = raw(&server, &request).await;
        assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
        // With a line break or a control character within a header there is no request at all.
        raw(&server, "GET /healthz HTTP/1.1\r\nhost: x\r\nuser-agent: \u{1b}[31mred\r\n\r\n").await;
        raw(&server, "GET /healthz HTTP/1.1\r\nhost: x\r\nx-request-id: a\nINFO forged\r\n\r\n")
            .await;
        let id = "7-bit-and-visible";
        let last = server.client.get(server.url("/api/v1/queue")).header("x-request-id", id);
        last.send().await.unwrap();
        server.line(|line| line.contains("request served") && line.contains(id)).await;
        let text = server.texts().join("\n");
        assert!(text.contains("%0aINFO"), "{format}: the path is there as it was sent");
        assert!(!text.contains(CANARY), "{format}: {text}");
        for line in server.texts() {
            assert!(!line.starts_with("INFO"), "{format}: {line}");
            assert!(!line.contains("ERROR"), "{format}: what is no request is no error: {line}");
            let colours = format == "pretty" && line.contains("\u{1b}[31mred");
            assert!(!colours, "{format}: {line}");
            if format == "json" {
                assert!(serde_json::from_str::<Value>(&line).is_ok(), "{line}");
            }
        }
    }
}

#[tokio::test]
async fn the_password_of_the_database_and_the_key_of_the_collector_are_not_logged() {
    let dir = TempDir::new().unwrap();
    let collector = crate::collector::Collector::start(401).await;
    let header = format!("x-key={CANARY}");
    let env = [
        ("TAPEDECK__TELEMETRY__OTLP_ENDPOINT", collector.url.as_str()),
        ("TAPEDECK__TELEMETRY__OTLP_HEADERS", header.as_str()),
        ("TAPEDECK__TELEMETRY__INTERVAL_MS", "100"),
        ("LOG_LEVEL", "trace"),
    ];
    let server = Server::start(dir.path(), &env).await;
    let away = "the collector does not take telemetry; it is dropped";
    let line = server.said(away, |_| true).await;
    assert_eq!(line["error"], "it answers 401");
    assert!(!server.texts().join("\n").contains(CANARY));
}

/// Of a trail of two pages, the second cannot be read.
#[tokio::test]
async fn an_answer_that_breaks_off_midway_is_an_error_and_says_why() {
    let (database, dir) = (TestDatabase::migrated().await, TempDir::new().unwrap());
    let server = Server::start(dir.path(), &[("DATABASE_URL", &database.url())]).await;
    let trail = "INSERT INTO audit_entries (at, actor, action, subject, before) \
                 SELECT n, 'anonymous', 'queue.pause', 'queue', CASE n WHEN 1 THEN '{' END \
                 FROM generate_series(1, 501) AS n";
    client(&database.name).await.batch_execute(trail).await.unwrap();

    let request = server.client.get(server.url("/api/v1/audit?format=ndjson"));
    let answer = request.header("x-request-id", "broken").send().await.unwrap();
    assert_eq!(answer.status(), 200, "the first page is there");
    answer.text().await.unwrap_err();
    let of_request = |line: &Value| line["span"]["request.id"] == "broken";
    let line = server.said("request served", of_request).await;
    assert_eq!((&line["level"], &line["aborted"]), (&"ERROR".into(), &true.into()), "{line}");
    assert_eq!(line["problem"], "internal", "{line}");
    assert!(line["error"].as_str().unwrap().contains("audit_entries.before of "), "{line}");
    assert!(line["bytes"].as_u64().unwrap() > 10_000, "{line}");
}
