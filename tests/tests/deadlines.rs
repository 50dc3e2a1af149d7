//! A database that freezes: each request is answered in its time, and all heals unaided.

#[path = "../../crates/postgres/tests/support/mod.rs"]
#[expect(dead_code, reason = "shared with the tests of the adapter")]
mod support;

use std::time::Duration;

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use support::TestDatabase;
use tapedeck_tests::proxy::Proxy;
use tapedeck_tests::sse::Events;
use tapedeck_tests::{TestApp, crossover};
use tokio::time::Instant;

/// What the server is told, and how much later an answer may be on a busy machine.
const DEADLINE: (&str, Duration) = ("1000", Duration::from_secs(1));
const SLACK: Duration = Duration::from_secs(3);

/// An application that reaches its database through a network that can be frozen.
async fn behind_proxy(database: &TestDatabase) -> (TestApp, Proxy) {
    let (proxy, url) = Proxy::before_database(&database.url()).await;
    let env = [
        ("DATABASE_URL", url.as_str()),
        ("TAPEDECK__SERVER__REQUEST_TIMEOUT_MS", DEADLINE.0),
        // So long that what ends is the request, and so short that the test sees all heal.
        ("TAPEDECK__DATABASE__ACQUIRE_TIMEOUT_MS", "5000"),
        ("TAPEDECK__DATABASE__STATEMENT_TIMEOUT_MS", "5000"),
    ];
    (TestApp::with(&env).await, proxy)
}

async fn answered(request: RequestBuilder) -> (u16, Value, Duration) {
    let start = Instant::now();
    let response = request.send().await.unwrap();
    if response.status() == 503 && response.headers()["content-type"] == "application/problem+json"
    {
        assert_eq!(response.headers()["retry-after"], "1");
    }
    let (status, body) = (response.status().as_u16(), response.json().await.unwrap());
    (status, body, start.elapsed())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_request_is_answered_in_its_time_while_the_database_is_frozen() {
    let database = TestDatabase::empty().await;
    let (app, proxy) = behind_proxy(&database).await;
    let done = app.run_backtest(&crossover()).await;
    let one = format!("/api/v1/backtests/{}", done["id"].as_str().unwrap());
    app.until("/api/health/ready", 200).await;

    proxy.freeze();
    let request = |method: Method, path: &str| app.client.request(method, app.url(path));
    let asked = [
        request(Method::GET, &one),
        request(Method::GET, &format!("{one}?wait=1")),
        request(Method::GET, "/api/v1/backtests"),
        request(Method::GET, &format!("{one}/metrics")),
        request(Method::GET, &format!("{one}/events")),
        request(Method::GET, &format!("{one}/events?format=json")),
        request(Method::GET, "/api/v1/queue"),
        request(Method::GET, "/api/v1/audit"),
        request(Method::GET, "/api/v1/strategies"),
        request(Method::POST, "/api/v1/backtests").json(&crossover()),
        request(Method::POST, &format!("{one}/cancel")),
        request(Method::POST, &format!("{one}/verify")),
        request(Method::POST, "/api/v1/queue/pause"),
        request(Method::DELETE, &one),
    ];
    let answers = futures_util::future::join_all(asked.map(answered)).await;
    for (i, (status, problem, took)) in answers.iter().enumerate() {
        assert_eq!((*status, &problem["code"]), (503, &json!("unavailable")), "{i}: {problem}");
        assert!(*took < DEADLINE.1 * 2 + SLACK, "{i}: {took:?}");
        let detail = problem["detail"].as_str().unwrap();
        assert!(!detail.contains("nothing was changed"), "{i}: {detail}");
    }
    let (status, body, took) = answered(request(Method::GET, "/api/health/ready")).await;
    assert_eq!((status, &body["checks"]["database"]["status"]), (503, &json!("down")));
    assert!(took < DEADLINE.1 + SLACK, "{took:?}");
    let (status, _, took) = answered(request(Method::GET, "/healthz")).await;
    assert_eq!(status, 200, "the process lives");
    assert!(took < SLACK, "{took:?}");

    proxy.restore();
    app.until("/api/health/ready", 200).await;
    app.until("/api/v1/queue", 200).await;
    let resumed = request(Method::POST, "/api/v1/queue/resume").send().await.unwrap();
    assert_eq!(resumed.status(), 200);
    let mut other = crossover();
    other["seed"] = json!(1);
    assert_eq!(app.run_backtest(&other).await["status"], "succeeded");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_submission_that_was_late_is_carried_out_once_when_it_is_repeated() {
    let database = TestDatabase::empty().await;
    let (app, proxy) = behind_proxy(&database).await;
    app.until("/api/health/ready", 200).await;
    let mut body = crossover();
    body["tags"] = json!(["late"]);
    let post = || {
        let request = app.client.post(app.url("/api/v1/backtests"));
        answered(request.header("idempotency-key", "late-1").json(&body))
    };
    proxy.freeze();
    let (status, problem, _) = post().await;
    assert_eq!(status, 503);
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("may still be carried out"), "{detail}");
    assert!(detail.contains("Idempotency-Key"), "{detail}");
    proxy.restore();
    app.until("/api/v1/queue", 200).await;
    let mut ids = Vec::new();
    for _ in 0..200 {
        let (status, answer, _) = post().await;
        if status < 300 {
            ids.push(answer["id"].as_str().unwrap().to_owned());
        }
        if ids.len() == 3 {
            break;
        }
    }
    assert_eq!(ids.len(), 3, "it goes through in the end");
    ids.dedup();
    assert_eq!(ids.len(), 1);
    assert_eq!(app.wait_for(&ids[0]).await["status"], "succeeded");
    let (_, all) = app.get_json("/api/v1/backtests?tag=late&include_total=true").await;
    assert_eq!(all["total"], 1, "{all}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_outlives_a_freeze_and_misses_nothing() {
    let database = TestDatabase::empty().await;
    let (app, proxy) = behind_proxy(&database).await;
    let pause = app.client.post(app.url("/api/v1/queue/pause")).send().await.unwrap();
    assert_eq!(pause.status(), 200);
    let (_, posted) = app.post_backtest(&crossover()).await;
    let path = posted["links"]["events"].as_str().unwrap();
    let mut events = Events::of(app.get(path).await);
    assert_eq!(events.next().await.unwrap().name, "queued");
    proxy.freeze();
    tokio::time::sleep(Duration::from_secs(3)).await;
    proxy.restore();
    app.until("/api/v1/queue", 200).await;
    for _ in 0..100 {
        let resume = app.client.post(app.url("/api/v1/queue/resume")).send().await.unwrap();
        if resume.status() == 200 {
            break;
        }
    }
    let rest = events.rest().await;
    let ids: Vec<_> = rest.iter().filter_map(|event| event.id).collect();
    assert_eq!(ids, (2..2 + ids.len() as u64).collect::<Vec<_>>());
    let names: Vec<_> = rest.iter().map(|event| event.name.as_str()).collect();
    assert_eq!(names[names.len() - 2..], ["succeeded", "end"], "{names:?}");
}
