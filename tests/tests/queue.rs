//! The queue as a whole, and jobs that are put off.

#[path = "../../crates/postgres/tests/support/mod.rs"]
#[expect(dead_code, reason = "shared with the tests of the adapter")]
mod support;

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use support::TestDatabase;
use tapedeck::Adapters;
use tapedeck_testkit::FakeClock;
use tapedeck_tests::{TestApp, crossover};

async fn post(app: &TestApp, path: &str, body: &str) -> (u16, Value) {
    let request = app.client.post(app.url(path)).body(body.to_owned());
    let response = request.header("content-type", "application/json").send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

/// Two processes on one database and one data directory, which is that of the first.
async fn two(database: &TestDatabase) -> [TestApp; 2] {
    let url = database.url();
    let first = TestApp::with(&[("DATABASE_URL", &url)]).await;
    let shared = first.data_dir().to_str().unwrap();
    let second = TestApp::with(&[("DATABASE_URL", &url), ("TAPEDECK_DATA_DIR", shared)]).await;
    [first, second]
}

#[tokio::test]
async fn a_paused_queue_takes_jobs_in_and_starts_none() {
    let app = TestApp::with(&[("TAPEDECK__EXECUTOR__QUEUE_LIMIT", "1")]).await;
    let (status, idle) = app.get_json("/api/v1/queue").await;
    let expected = json!({
        "paused": false, "pause": null, "queued": 0, "scheduled": 0, "running": 0, "limit": 1,
        "oldest_queued_at": null, "oldest_wait_ms": null,
    });
    assert_eq!((status, idle), (200, expected));

    let (status, paused) = post(&app, "/api/v1/queue/pause", r#"{"reason":"upgrade"}"#).await;
    assert_eq!((status, &paused["paused"]), (200, &json!(true)));
    assert_eq!(
        (&paused["pause"]["reason"], &paused["pause"]["by"]),
        (&json!("upgrade"), &json!("anonymous"))
    );
    let (_, again) = post(&app, "/api/v1/queue/pause", "").await;
    assert_eq!(again["pause"], paused["pause"], "whoever paused first did");

    let (status, posted) = app.post_backtest(&crossover()).await;
    assert_eq!((status, &posted["status"]), (202, &json!("queued")));
    let id = posted["id"].as_str().unwrap();
    let (_, waiting) = app.get_json(&format!("/api/v1/backtests/{id}?wait=1")).await;
    assert_eq!(waiting["status"], "queued");
    let (_, queue) = app.get_json("/api/v1/queue").await;
    assert_eq!((&queue["queued"], &queue["oldest_queued_at"]), (&json!(1), &posted["created_at"]));
    assert!(queue["oldest_wait_ms"].as_u64().unwrap() >= 900, "{queue}");

    let mut other = crossover();
    other["seed"] = json!(1);
    let request = app.client.post(app.url("/api/v1/backtests")).json(&other);
    let full = request.send().await.unwrap();
    assert_eq!(
        (full.status().as_u16(), &full.headers()["retry-after"]),
        (503, &"1".parse().unwrap())
    );
    assert_eq!(full.json::<Value>().await.unwrap()["code"], "queue_full");

    let (status, going) = post(&app, "/api/v1/queue/resume", "").await;
    assert_eq!((status, &going["paused"], &going["pause"]), (200, &json!(false), &Value::Null));
    assert_eq!(app.wait_for(id).await["status"], "succeeded");
    assert_eq!(post(&app, "/api/v1/queue/resume", "").await.0, 200);
}

#[tokio::test]
async fn a_reason_that_cannot_be_is_refused() {
    let app = TestApp::start().await;
    let long = json!({"reason": "x".repeat(501)}).to_string();
    for (body, status, code) in [
        (long.as_str(), 422, "validation_error"),
        (r#"{"why":"x"}"#, 422, "validation_error"),
        ("[]", 422, "validation_error"),
        ("{", 400, "malformed_request"),
    ] {
        let (found, problem) = post(&app, "/api/v1/queue/pause", body).await;
        assert_eq!((found, &problem["code"]), (status, &json!(code)), "{body}");
    }
    assert_eq!(app.get_json("/api/v1/queue").await.1["paused"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_holds_for_every_process() {
    let database = TestDatabase::empty().await;
    let [here, there] = two(&database).await;
    post(&here, "/api/v1/queue/pause", "").await;
    assert_eq!(there.get_json("/api/v1/queue").await.1["paused"], true);
    let (_, posted) = there.post_backtest(&crossover()).await;
    let id = posted["id"].as_str().unwrap();
    let (_, waiting) = there.get_json(&format!("/api/v1/backtests/{id}?wait=2")).await;
    assert_eq!(waiting["status"], "queued");
    post(&there, "/api/v1/queue/resume", "").await;
    assert_eq!(here.wait_for(id).await["status"], "succeeded");
}

#[tokio::test]
async fn a_job_that_is_put_off_starts_when_its_time_has_come() {
    let clock = Arc::new(FakeClock::at("2031-01-01".parse().unwrap()));
    let app = TestApp::over(&[], |real| Adapters { clock: clock.clone(), ..real }).await;
    let mut later = crossover();
    later["not_before"] = json!("2031-01-01T00:01:00Z");
    let (status, posted) = app.post_backtest(&later).await;
    assert_eq!((status, &posted["not_before"]), (202, &json!("2031-01-01T00:01:00Z")));
    let (_, queue) = app.get_json("/api/v1/queue").await;
    assert_eq!((&queue["queued"], &queue["scheduled"]), (&json!(1), &json!(1)));
    assert_eq!(queue["oldest_queued_at"], Value::Null, "nothing that is due waits");

    let (status, shared) = app.post_backtest(&crossover()).await;
    assert_eq!((status, &shared["deduplicated"]), (200, &json!(true)), "it is the same run");
    assert_eq!(shared["not_before"], posted["not_before"], "with the schedule that it has");

    let path = format!("/api/v1/backtests/{}", posted["id"].as_str().unwrap());
    for _ in 0..600 {
        let (_, job) = app.get_json(&path).await;
        match job["status"].as_str().unwrap() {
            "succeeded" => break,
            "queued" => clock.advance(Duration::from_secs(1)),
            _ => {}
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let (_, done) = app.get_json(&path).await;
    assert_eq!(done["status"], "succeeded", "{done}");
    assert!(done["started_at"].as_str().unwrap() >= "2031-01-01T00:01:00", "{done}");
}

#[tokio::test]
async fn a_start_may_be_put_off_by_a_year_and_not_by_more() {
    let app = TestApp::start().await;
    for (not_before, status) in [
        (json!("2001-01-01"), 202),
        (json!("9999-01-01"), 422),
        (json!("2200-01-01T00:00:00Z"), 422),
        (json!("tomorrow"), 422),
        (json!(5), 422),
    ] {
        let mut body = crossover();
        body["not_before"] = not_before.clone();
        body["force_new"] = json!(true);
        let (found, answer) = app.post_backtest(&body).await;
        assert_eq!(found, status, "{not_before}: {answer}");
        if status == 422 {
            assert_eq!(answer["errors"][0]["pointer"], "/not_before");
        } else {
            assert_eq!(answer["not_before"], "2001-01-01T00:00:00Z");
            let id = answer["id"].as_str().unwrap();
            assert_eq!(app.wait_for(id).await["status"], "succeeded", "at once");
        }
        let mut sweep = json!({"backtest": body, "parameters": {"slow": {"values": [60]}}});
        sweep["backtest"]["params"] = json!({});
        let (found, answer) = post(&app, "/api/v1/sweeps", &sweep.to_string()).await;
        assert_eq!(found, status, "{not_before}: {answer}");
        if status == 422 {
            assert_eq!(answer["errors"][0]["pointer"], "/backtest/not_before");
        }
    }
}
