//! How much, how often, how slowly.

use std::time::Duration;

use serde_json::json;
use tapedeck_tests::ws::Viewer;
use tapedeck_tests::{TestApp, crossover};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::{get, key_of};

#[tokio::test]
async fn requests_that_are_too_large_are_refused_as_problems() {
    let app = TestApp::start().await;
    let long = format!("/api/v1/backtests?tag={}", "x".repeat(9000));
    let (status, problem) = app.get_json(&long).await;
    assert_eq!((status, &problem["code"]), (414, &json!("uri_too_long")));
    let large = app.client.get(app.url("/healthz")).header("x-large", "x".repeat(17_000));
    let large = large.send().await.unwrap();
    assert_eq!(large.status().as_u16(), 431);
    assert_eq!(large.headers()["content-type"], "application/problem+json");
    let many = (0..70).fold(app.client.get(app.url("/healthz")), |request, n| {
        request.header(format!("x-{n}"), "x")
    });
    assert_eq!(many.send().await.unwrap().status().as_u16(), 431);
    let huge = app.client.get(app.url("/healthz")).header("x-huge", "x".repeat(200_000));
    assert_eq!(huge.send().await.map_or(431, |answer| answer.status().as_u16()), 431);
    let body = app.client.post(app.url("/api/v1/backtests")).body(vec![b' '; 2 << 20]);
    assert_eq!(body.send().await.unwrap().status().as_u16(), 413);
    assert_eq!(app.get("/healthz").await.status().as_u16(), 200);
}

/// What the server says to a client that sends this and then nothing more.
async fn waited(app: &TestApp, text: &str) -> String {
    let mut stream = TcpStream::connect(app.address).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    tokio::time::timeout(Duration::from_secs(60), read).await.expect("it is cut off").unwrap();
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn headers_and_bodies_that_never_end_are_cut_off() {
    let app = TestApp::with(&[
        ("TAPEDECK__SERVER__HEADER_TIMEOUT_MS", "3000"),
        ("TAPEDECK__SERVER__BODY_TIMEOUT_MS", "300"),
        ("TAPEDECK__SERVER__KEEP_ALIVE_MS", "1000"),
    ])
    .await;
    let head = "POST /api/v1/backtests HTTP/1.1\r\nhost: localhost\r\n";
    let answer = waited(&app, &format!("{head}x-slow: ")).await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    for rest in [
        "content-type: application/json\r\ncontent-length: 100\r\n\r\n{",
        "content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n1\r\n{\r\n",
    ] {
        let answer = waited(&app, &format!("{head}{rest}")).await;
        assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
        assert!(answer.contains("application/problem+json"), "{answer}");
        assert!(answer.contains("\"code\":\"request_timeout\""), "{answer}");
    }
    // Nor is a connection held by whoever is refused and sends on.
    let refused =
        "POST /nowhere HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n1\r\n{\r\n";
    let answer = waited(&app, refused).await;
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
    let module = "POST /api/v1/strategies?id=slow HTTP/1.1\r\nhost: localhost\r\n\
                  content-type: application/wasm\r\ncontent-length: 100\r\n\r\nx";
    let answer = waited(&app, module).await;
    assert!(answer.contains("\"code\":\"request_timeout\""), "{answer}");
    let idle = waited(&app, "GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    assert!(idle.starts_with("HTTP/1.1 200"), "an idle connection is closed: {idle}");
}

#[tokio::test]
async fn whoever_asks_too_often_is_told_when_to_come_back() {
    let app = TestApp::with(&[
        ("TAPEDECK__RATE_LIMIT__LOOPBACK", "true"),
        ("TAPEDECK__RATE_LIMIT__ADDRESS_PER_MINUTE", "3"),
    ])
    .await;
    for left in ["2", "1", "0"] {
        let answer = app.get("/api/v1/queue").await;
        assert_eq!(answer.status().as_u16(), 200);
        assert_eq!(answer.headers()["ratelimit-policy"], "\"address\";q=3;w=60");
        let limit = answer.headers()["ratelimit"].to_str().unwrap();
        assert!(limit.starts_with(&format!("\"address\";r={left};t=")), "{limit}");
    }
    let answer = app.get("/api/v1/queue").await;
    assert_eq!(answer.status().as_u16(), 429);
    let wait: u64 = answer.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=20).contains(&wait), "{wait}");
    assert_eq!(answer.json::<serde_json::Value>().await.unwrap()["code"], "rate_limited");
    assert_eq!(app.get("/api/health/ready").await.status().as_u16(), 200, "probes are answered");
}

#[tokio::test]
async fn each_key_has_a_limit_and_failures_have_their_own() {
    let app = TestApp::with(&[
        ("TAPEDECK__RATE_LIMIT__LOOPBACK", "true"),
        ("TAPEDECK__RATE_LIMIT__KEY_PER_MINUTE", "3"),
        ("TAPEDECK__RATE_LIMIT__FAILURES_PER_MINUTE", "2"),
    ])
    .await;
    let admin = key_of(&app, None, "operator", "admin").await;
    let other = key_of(&app, Some(&admin), "other", "read").await;
    for expected in [401, 401, 429, 429] {
        assert_eq!(get(&app, "/api/v1/queue", None).await.0, expected);
    }
    for expected in [200, 200, 429] {
        assert_eq!(get(&app, "/api/v1/queue", Some(&admin)).await.0, expected);
    }
    assert_eq!(get(&app, "/api/v1/queue", Some(&other)).await.0, 200, "each has its own");
}

#[tokio::test]
async fn this_machine_may_ask_as_often_as_it_likes() {
    let app = TestApp::with(&[("TAPEDECK__RATE_LIMIT__ADDRESS_PER_MINUTE", "1")]).await;
    for _ in 0..5 {
        let answer = app.get("/api/v1/queue").await;
        assert_eq!(answer.status().as_u16(), 200);
        assert!(!answer.headers().contains_key("ratelimit"));
    }
}

#[tokio::test]
async fn clients_behind_a_trusted_proxy_are_limited_each_by_itself() {
    let limited = ("TAPEDECK__RATE_LIMIT__ADDRESS_PER_MINUTE", "1");
    let trusted = ("TAPEDECK__SERVER__TRUSTED_PROXIES", "127.0.0.1, 10.0.0.0/8");
    for (settings, expected) in
        [(vec![limited, trusted], [200, 429, 200]), (vec![limited], [200, 200, 200])]
    {
        let app = TestApp::with(&settings).await;
        for (client, expected) in ["192.0.2.1", "192.0.2.1", "192.0.2.2"].into_iter().zip(expected)
        {
            let forwarded = format!("198.51.100.9, {client}, 10.0.0.3");
            let request = app.client.get(app.url("/api/v1/queue"));
            let answer = request.header("x-forwarded-for", forwarded).send().await.unwrap();
            assert_eq!(answer.status().as_u16(), expected, "{client}");
        }
    }
}

#[tokio::test]
async fn an_address_has_so_many_sockets_and_streams() {
    let app = TestApp::with(&[("TAPEDECK__SERVER__MAX_SOCKETS_PER_ADDRESS", "2")]).await;
    let done = app.run_backtest(&crossover()).await;
    let id = done["id"].as_str().unwrap();
    let first = Viewer::connect(&app.ws_url(id)).await;
    let slow = format!("/api/v1/backtests/{id}/stream?speed=0.001");
    let stream = app.get(&slow).await;
    assert_eq!(stream.status().as_u16(), 200);
    let mut third = Viewer::connect(&app.ws_url(id)).await;
    assert_eq!(third.closed().await, Some(1013));
    let (status, problem) = app.get_json(&slow).await;
    assert_eq!((status, &problem["code"]), (503, &json!("unavailable")), "{problem}");
    drop((first, stream));
    for _ in 0..600 {
        if app.get(&slow).await.status().as_u16() == 200 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("places are never given back");
}
