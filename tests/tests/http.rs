//! What holds for every route: health, faults, request ids, origins.

use serde_json::json;
use tapedeck_tests::TestApp;

#[tokio::test]
async fn health_is_ok_while_the_process_serves() {
    let app = TestApp::start().await;
    for path in ["/healthz", "/api/health/live"] {
        assert_eq!(app.get_json(path).await, (200, json!({"status": "ok"})));
    }
    assert!(app.data_dir().join("tapedeck.db").exists());
}

#[tokio::test]
async fn an_unknown_path_is_a_problem_document() {
    let app = TestApp::start().await;
    let request = app.client.get(app.url("/nowhere")).header("x-request-id", "mine-1");
    let response = request.send().await.unwrap();
    assert_eq!(response.headers()["x-request-id"], "mine-1");
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    assert_eq!(
        response.json::<serde_json::Value>().await.unwrap(),
        json!({
            "type": "/problems/not-found", "title": "Not found", "status": 404,
            "detail": "no such path", "instance": "/nowhere", "code": "not_found",
            "request_id": "mine-1",
        })
    );
}

#[tokio::test]
async fn a_wrong_method_names_the_right_ones() {
    let app = TestApp::start().await;
    let response = app.client.delete(app.url("/healthz")).send().await.unwrap();
    assert_eq!(response.status().as_u16(), 405);
    assert_eq!(response.headers()["allow"], "GET, HEAD, OPTIONS");
    let body: serde_json::Value = response.json().await.unwrap();
    assert_eq!(body["code"], "method_not_allowed");
}

#[tokio::test]
async fn an_unusable_request_id_is_replaced() {
    let app = TestApp::start().await;
    let long = "x".repeat(129);
    for bad in ["has space", long.as_str()] {
        let request = app.client.get(app.url("/healthz")).header("x-request-id", bad);
        let response = request.send().await.unwrap();
        assert_eq!(response.headers()["x-request-id"].len(), 36, "a UUID instead of {bad:?}");
    }
}

#[tokio::test]
async fn only_allowed_origins_may_read_answers() {
    let app = TestApp::start().await;
    for (origin, allowed) in [("http://localhost:3000", true), ("http://evil.example", false)] {
        let request = app.client.get(app.url("/nowhere")).header("origin", origin);
        let response = request.send().await.unwrap();
        let header = response.headers().get("access-control-allow-origin");
        assert_eq!(header.is_some(), allowed, "{origin}");
    }
}
