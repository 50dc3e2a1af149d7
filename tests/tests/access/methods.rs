//! HEAD, OPTIONS and methods that there are not.

use reqwest::Method;
use serde_json::json;
use tapedeck_tests::{TestApp, crossover};

use super::raw;

#[tokio::test]
async fn head_has_the_headers_of_get_and_no_body() {
    let app = TestApp::start().await;
    let done = app.run_backtest(&crossover()).await;
    let id = done["id"].as_str().unwrap();
    for path in [
        "/healthz".to_owned(),
        "/docs".to_owned(),
        "/api/v1/datasets".to_owned(),
        format!("/api/v1/backtests/{id}/trades"),
        "/api/v1/backtests/none".to_owned(),
        "/nowhere".to_owned(),
    ] {
        let got = app.get(&path).await;
        let (status, headers) = (got.status(), got.headers().clone());
        let length = got.bytes().await.unwrap().len();
        let text = format!("HEAD {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        let answer = raw(&app, &text).await;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert_eq!(body, "", "{path}");
        assert!(head.starts_with(&format!("HTTP/1.1 {}", status.as_u16())), "{path}: {head}");
        assert!(head.contains(&format!("content-length: {length}")), "{path}: {head}");
        for name in ["content-type", "etag"] {
            let value = headers.get(name).map(|value| value.to_str().unwrap());
            assert!(value.is_none_or(|value| head.contains(&format!("{name}: {value}"))), "{head}");
        }
    }
    let stream = format!(
        "HEAD /api/v1/backtests/{id}/events HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
    );
    let answer = raw(&app, &stream).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("\r\n\r\n"), "{answer}");
    assert!(answer.contains("text/event-stream"), "{answer}");
    let socket = format!(
        "HEAD /api/v1/backtests/{id}/ws HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\n\
         upgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    );
    let mut stream = tokio::net::TcpStream::connect(app.address).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut stream, socket.as_bytes()).await.unwrap();
    let mut first = [0; 12];
    tokio::io::AsyncReadExt::read_exact(&mut stream, &mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 400", "no socket is opened this way");
}

#[tokio::test]
async fn options_and_wrong_methods_name_the_right_ones() {
    let app = TestApp::start().await;
    for (path, allow) in [
        ("/healthz", "GET, HEAD, OPTIONS"),
        ("/api/v1/backtests", "GET, POST, HEAD, OPTIONS"),
        ("/api/v1/tickets", "POST, OPTIONS"),
    ] {
        let asked = app.client.request(Method::OPTIONS, app.url(path)).send().await.unwrap();
        assert_eq!(asked.status().as_u16(), 204, "{path}");
        assert_eq!(asked.headers()["allow"], allow);
        let wrong = app.client.request(Method::PATCH, app.url(path)).send().await.unwrap();
        assert_eq!(wrong.status().as_u16(), 405, "{path}");
        assert_eq!(wrong.headers()["allow"], allow);
    }
    let nowhere = app.client.request(Method::OPTIONS, app.url("/nowhere")).send().await.unwrap();
    assert_eq!(nowhere.status().as_u16(), 404);
    let head = app.client.head(app.url("/api/v1/tickets")).send().await.unwrap();
    assert_eq!(head.status().as_u16(), 405, "there is no GET");
    super::made(&app, None, &json!({"name": "a", "scope": "admin"})).await;
    let preflight = app.client.request(Method::OPTIONS, app.url("/api/v1/backtests"));
    let preflight = preflight
        .header("origin", "http://localhost:3000")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization,content-type");
    let preflight = preflight.send().await.unwrap();
    assert_eq!(preflight.status().as_u16(), 200, "a browser asks without a key");
    assert_eq!(preflight.headers()["access-control-allow-origin"], "http://localhost:3000");
    let refused =
        app.client.get(app.url("/api/v1/backtests")).header("origin", "http://localhost:3000");
    let refused = refused.send().await.unwrap();
    assert_eq!(refused.status().as_u16(), 401);
    assert!(refused.headers().contains_key("access-control-allow-origin"), "pages see why");
}
