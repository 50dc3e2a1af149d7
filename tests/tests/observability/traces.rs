//! What goes to a collector.

use std::time::Duration;

use serde_json::Value;
use tapedeck_tests::crossover;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::time::Instant;

use crate::collector::Collector;
use crate::server::Server;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER: &str = "00f067aa0ba902b7";

async fn exporting(dir: &TempDir, url: &str, more: &[(&str, &str)]) -> Server {
    let env = [
        ("TAPEDECK__TELEMETRY__OTLP_ENDPOINT", url),
        ("TAPEDECK__TELEMETRY__OTLP_HEADERS", "x-key=secret, x-other=1"),
        ("TAPEDECK__TELEMETRY__SERVICE_NAME", "tapes"),
        ("TAPEDECK__TELEMETRY__INTERVAL_MS", "200"),
    ];
    Server::start(dir.path(), &[&env[..], more].concat()).await
}

fn attribute<'a>(of: &'a Value, name: &str) -> &'a Value {
    let all = of["attributes"].as_array().unwrap();
    let found = all.iter().find(|attribute| attribute["key"] == name);
    found.map_or(&Value::Null, |attribute| &attribute["value"])
}

fn nanos(span: &Value, which: &str) -> u64 {
    span[which].as_str().unwrap().parse().unwrap()
}

/// However little is logged.
#[tokio::test]
async fn request_queue_and_run_are_spans_of_one_trace() {
    let collector = Collector::start(200).await;
    let dir = TempDir::new().unwrap();
    let server = exporting(&dir, &collector.url, &[("LOG_LEVEL", "info")]).await;
    let traceparent = format!("00-{TRACE}-{CALLER}-01");
    let id = server.submit(&crossover(), &[("traceparent", &traceparent)]).await;
    server.end_of(&id).await;
    let of_trace = |span: &Value| span["traceId"] == TRACE;
    let request = collector.span(|span| of_trace(span) && span["kind"] == 2).await;
    assert_eq!(request["name"], "POST /api/v1/backtests");
    assert_eq!(request["parentSpanId"], CALLER);
    assert_eq!(attribute(&request, "http.response.status_code")["intValue"], "202");
    assert_eq!(attribute(&request, "http.route")["stringValue"], "/api/v1/backtests");
    let queue = collector.span(|span| of_trace(span) && span["name"] == "queue").await;
    let run = collector.span(|span| of_trace(span) && span["name"] == "run").await;
    for span in [&queue, &run] {
        assert_eq!(span["parentSpanId"], request["spanId"]);
        assert_eq!(attribute(span, "job.id")["stringValue"], id.as_str());
        assert!(nanos(span, "startTimeUnixNano") <= nanos(span, "endTimeUnixNano"));
    }
    assert_ne!(run["spanId"], queue["spanId"]);
    assert!(nanos(&queue, "startTimeUnixNano") >= nanos(&request, "startTimeUnixNano"));
    assert!(nanos(&run, "endTimeUnixNano") >= nanos(&queue, "endTimeUnixNano"));
    assert_eq!(attribute(&run, "job.status")["stringValue"], "succeeded");
    assert!(attribute(&run, "bars")["intValue"].as_str().unwrap().parse::<u64>().unwrap() > 1000);
    assert_eq!(run["status"], Value::Null);
    for (path, headers, body) in collector.messages() {
        let has = |text: &str| headers.iter().any(|header| header == text);
        assert!(has("x-key: secret") && has("x-other: 1") && has("content-type: application/json"));
        let kind = if path == "/v1/traces" { "resourceSpans" } else { "resourceMetrics" };
        let resource = &body[kind][0]["resource"];
        assert_eq!(attribute(resource, "service.name")["stringValue"], "tapes", "{path}");
    }
}

#[tokio::test]
async fn who_does_not_want_a_trace_kept_is_heeded() {
    let collector = Collector::start(200).await;
    let dir = TempDir::new().unwrap();
    let server = exporting(&dir, &collector.url, &[]).await;
    let traceparent = format!("00-{TRACE}-{CALLER}-00");
    let id = server.submit(&crossover(), &[("traceparent", &traceparent)]).await;
    server.end_of(&id).await;
    // The request that waited for the end came after it, with a trace of its own.
    let is_wait = |span: &Value| span["name"] == "GET /api/v1/backtests/{id}";
    collector.span(is_wait).await;
    assert!(collector.spans().iter().all(|span| span["traceId"] != TRACE));
}

/// Other than the text of Prometheus, this counts buckets one by one.
#[tokio::test]
async fn metrics_are_exported_and_what_is_left_is_sent_at_the_end() {
    let collector = Collector::start(200).await;
    let dir = TempDir::new().unwrap();
    let slow = [("TAPEDECK__TELEMETRY__INTERVAL_MS", "600000")];
    let mut server = exporting(&dir, &collector.url, &slow).await;
    let id = server.submit(&crossover(), &[]).await;
    server.end_of(&id).await;
    assert!(collector.messages().is_empty(), "it is not due yet");
    server.terminate().await;
    assert!(collector.spans().iter().any(|span| span["name"] == "run"));
    let messages = collector.messages();
    let (_, _, body) = messages.iter().rfind(|(path, ..)| path == "/v1/metrics").unwrap();
    let metrics = body["resourceMetrics"][0]["scopeMetrics"][0]["metrics"].as_array().unwrap();
    let of = |name: &str| metrics.iter().find(|metric| metric["name"] == name).unwrap();
    let attempts = &of("tapedeck_run_attempts")["histogram"];
    assert_eq!(attempts["aggregationTemporality"], 2);
    let point = &attempts["dataPoints"][0];
    assert_eq!((&point["count"], &point["sum"]), (&"1".into(), &1.0.into()));
    let counts = point["bucketCounts"].as_array().unwrap();
    assert_eq!(counts.len(), point["explicitBounds"].as_array().unwrap().len() + 1);
    let bars = &of("tapedeck_run_bars_total")["sum"];
    assert_eq!(bars["isMonotonic"], true);
    assert!(bars["dataPoints"][0]["asDouble"].as_f64().unwrap() > 1000.0);
    assert_eq!(of("tapedeck_queue_paused")["gauge"]["dataPoints"][0]["asDouble"], 0.0);
}

#[tokio::test]
async fn a_collector_that_hangs_or_is_away_holds_nobody_up() {
    let hanging = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let hanging = format!("http://{}", hanging.local_addr().unwrap());
    for (url, is_refused) in [(hanging.as_str(), false), ("http://127.0.0.1:9", true)] {
        let dir = TempDir::new().unwrap();
        let mut server = exporting(&dir, url, &[]).await;
        let id = server.submit(&crossover(), &[]).await;
        assert_eq!(server.end_of(&id).await["status"], "succeeded");
        for _ in 0..50 {
            assert_eq!(server.get("/api/v1/queue").await.0, 200);
        }
        let away = "the collector does not take telemetry; it is dropped";
        server.said(away, |line| line["level"] == "WARN").await;
        if is_refused {
            let failed = [("signal", "metrics"), ("outcome", "failed")];
            while server.scrape().await.sum("tapedeck_telemetry_exports_total", &failed) < 3.0 {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        let start = Instant::now();
        server.terminate().await;
        assert!(start.elapsed() < Duration::from_secs(20), "it ends although nobody listens");
        let lines = server.lines();
        let warnings = lines.iter().filter(|line| line["message"] == away);
        assert_eq!(warnings.count(), 1, "said once");
    }
}
