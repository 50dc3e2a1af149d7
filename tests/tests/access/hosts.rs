//! Names that others resolve to this machine, and pages of other sites.

use serde_json::{Value, json};
use tapedeck_tests::TestApp;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use super::raw;

async fn called(app: &TestApp, host: &str) -> (u16, Value) {
    let request = app.client.get(app.url("/api/v1/backtests")).header("host", host);
    super::told(request.send().await.unwrap()).await
}

#[tokio::test]
async fn a_name_that_leads_here_is_not_this_server() {
    let app = TestApp::with(&[("TAPEDECK__SERVER__ALLOWED_HOSTS", "tapedeck.test")]).await;
    let port = app.address.port();
    for good in ["localhost", "127.0.0.1", "[::1]:1", "x.localhost", "tapedeck.test"] {
        assert_eq!(called(&app, good).await.0, 200, "{good}");
        assert_eq!(called(&app, &format!("{}:{port}", good.trim_end_matches(":1"))).await.0, 200);
    }
    for bad in
        ["evil.example", &format!("evil.example:{port}"), "10.0.0.1", "localhost.evil.example"]
    {
        let (status, problem) = called(&app, bad).await;
        assert_eq!((status, &problem["code"]), (403, &json!("forbidden")), "{bad}");
    }
    for (text, status) in [
        ("GET /healthz HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n", "403"),
        ("GET /healthz HTTP/1.1\r\nconnection: close\r\n\r\n", "400"),
        (
            "GET /healthz HTTP/1.1\r\nhost: localhost\r\nhost: localhost\r\nconnection: close\r\n\r\n",
            "400",
        ),
        (
            "GET http://evil.example/healthz HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n",
            "403",
        ),
        ("GET /healthz HTTP/1.0\r\n\r\n", "200"),
    ] {
        let answer = raw(&app, text).await;
        assert_eq!(answer.split(' ').nth(1), Some(status), "{text}: {answer}");
        // What is no HTTP is refused before anything else looks at it.
        let is_seen = !answer.contains("content-length: 0");
        assert_eq!(answer.contains("x-content-type-options: nosniff"), is_seen, "{answer}");
    }
}

#[tokio::test]
async fn pages_of_other_sites_change_nothing_and_open_nothing() {
    let app = TestApp::start().await;
    let own = app.url("");
    for (origin, may) in [
        (Some(own.as_str()), true),
        (Some("http://localhost:3000"), true),
        (None, true),
        (Some("http://evil.example"), false),
        (Some("null"), false),
        (Some("http://localhost:1"), false),
    ] {
        for path in ["/api/v1/queue/resume", "/api/v1/tickets"] {
            let request = app.client.post(app.url(path));
            let request =
                origin.iter().fold(request, |request, origin| request.header("origin", *origin));
            let status = request.send().await.unwrap().status().as_u16();
            assert_eq!(status != 403, may, "{path} from {origin:?}: {status}");
        }
        let mut socket = app.ws_url("x").into_client_request().unwrap();
        if let Some(origin) = origin {
            socket.headers_mut().insert("origin", origin.parse().unwrap());
        }
        assert_eq!(tokio_tungstenite::connect_async(socket).await.is_ok(), may, "{origin:?}");
        let stream = app.client.get(app.url("/api/v1/backtests/x/events"));
        let stream =
            origin.iter().fold(stream, |request, origin| request.header("origin", *origin));
        let status = stream.send().await.unwrap().status().as_u16();
        assert_eq!(status, if may { 404 } else { 403 }, "{origin:?}");
    }
    let looked = app.client.get(app.url("/api/v1/queue")).header("origin", "http://evil.example");
    let looked = looked.send().await.unwrap();
    assert_eq!(looked.status().as_u16(), 200, "looking changes nothing");
    assert!(!looked.headers().contains_key("access-control-allow-origin"), "and is not shown");
}

#[tokio::test]
async fn every_answer_keeps_browsers_from_guessing_framing_and_telling() {
    let app = TestApp::start().await;
    for path in [
        "/healthz",
        "/nowhere",
        "/docs",
        "/redoc",
        "/problems",
        "/api/v1/datasets",
        "/docs/swagger-ui.css",
    ] {
        let answer = app.get(path).await;
        let header = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok());
        assert_eq!(header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(header("x-frame-options"), Some("DENY"), "{path}");
        assert_eq!(header("referrer-policy"), Some("no-referrer"), "{path}");
        assert_eq!(header("cross-origin-resource-policy"), Some("same-origin"), "{path}");
        assert!(header("cache-control").is_some(), "{path}");
        assert_eq!(header("strict-transport-security"), None, "only over TLS");
        let policy = header("content-security-policy").unwrap();
        assert!(policy.contains("default-src 'none'"), "{path}: {policy}");
        assert!(policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        let scripts = policy.split(';').find(|part| part.trim().starts_with("script-src"));
        assert!(!scripts.unwrap_or_default().contains("unsafe"), "{path}: {policy}");
    }
    let answer = app.get("/api/v1/datasets").await;
    assert_eq!(answer.headers()["cache-control"], "no-store");
}
