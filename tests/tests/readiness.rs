//! Readiness: what is up, what is down, what is not there at all.

use serde_json::json;
use tapedeck_tests::TestApp;

#[tokio::test]
async fn a_fresh_server_is_ready_and_says_what_it_looked_at() {
    let app = TestApp::start().await;
    let (status, body) = app.get_json("/api/health/ready").await;
    assert_eq!(status, 200, "{body}");
    assert_eq!((&body["ready"], &body["status"]), (&json!(true), &json!("ready")));
    for check in ["database", "migrations", "executor", "artifact_store", "sandbox", "audit_trail"]
    {
        assert_eq!(body["checks"][check]["status"], "up", "{check}");
        assert!(body["checks"][check]["latency_ms"].is_u64(), "{check}");
    }
    assert_eq!(body["checks"]["market_data"], json!({"status": "not_configured"}));
    let (status, body) = app.get_json("/api/health").await;
    assert_eq!(
        (status, &body["status"], &body["database"]),
        (200, &json!("ok"), &json!("connected"))
    );
}

#[tokio::test]
async fn a_market_data_service_that_does_not_answer_is_named() {
    // A port that was free a moment ago: nobody listens there.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{free}/");
    let app = TestApp::with(&[("TAPEDECK__MARKET_DATA__URL", &url)]).await;
    let (status, body) = app.get_json("/api/health/ready").await;
    assert_eq!((status, &body["status"]), (503, &json!("not_ready")));
    assert_eq!(body["checks"]["market_data"]["status"], "down");
    assert_eq!(body["checks"]["database"]["status"], "up");
    assert_eq!(app.get("/healthz").await.status(), 200, "the process lives all the same");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_market_data_service_that_hangs_does_not_hold_up_the_answer() {
    // Accepts connections by the kernel's backlog and never says a word.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", silent.local_addr().unwrap());
    let app = TestApp::with(&[
        ("TAPEDECK__MARKET_DATA__URL", &url),
        ("TAPEDECK__READINESS__DEADLINE_MS", "100"),
    ])
    .await;
    let (status, body) = app.get_json("/api/health/ready").await;
    assert_eq!(status, 503);
    assert_eq!(body["checks"]["market_data"]["detail"], "no answer within 100 ms");
}

#[tokio::test]
async fn a_data_directory_that_is_gone_is_named() {
    let app = TestApp::start().await;
    std::fs::remove_dir_all(app.data_dir()).unwrap();
    std::fs::write(app.data_dir(), "in the way").unwrap();
    let (status, body) = app.get_json("/api/health/ready").await;
    assert_eq!(status, 503);
    assert_eq!(body["checks"]["artifact_store"]["status"], "down");
    assert_eq!(body["checks"]["database"]["status"], "down");
    let (status, body) = app.get_json("/api/health").await;
    assert_eq!((status, &body["status"]), (503, &json!("degraded")));
    assert_eq!(body["database"], "unreachable");
    std::fs::remove_file(app.data_dir()).unwrap();
}
