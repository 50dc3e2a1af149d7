//! How a server stops while a run is under way, and what it does by its role.

use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::run;
use crate::serving::Serving;

const DRAIN: &str = "TAPEDECK__EXECUTOR__DRAIN_MS";

/// A directory with bars that take some seconds to run over.
fn with_bars() -> TempDir {
    let dir = TempDir::new().unwrap();
    let args = ["dataset", "generate", "--rows", "500000", "--seed", "1", "--interval", "1m"];
    assert!(run(dir.path(), &[], &[&args[..], &["--id", "long-1m"]].concat()).status.success());
    dir
}

/// A server with a sweep of `combinations` over these bars under way, and the path of the sweep.
fn busy(dir: &Path, drain_ms: &str, combinations: usize) -> (Serving, String) {
    let serving = Serving::start_with(dir, &[(DRAIN, drain_ms)], &[]);
    let slow: Vec<usize> = (3..3 + combinations).collect();
    let body = json!({
        "backtest": {"dataset_id": "long-1m", "strategy_id": "sma_crossover", "params": {"fast": 2}},
        "parameters": {"slow": {"values": slow}},
    });
    let body = body.to_string();
    let post = ["-H", "content-type: application/json", "-d", &body];
    let (status, posted) = serving.curl("/api/v1/sweeps", &post);
    assert_eq!(status, 202, "{posted}");
    let path = format!("/api/v1/sweeps/{}", posted["id"].as_str().unwrap());
    while serving.curl(&path, &[]).1["status"] == "queued" {}
    (serving, path)
}

/// Asks for readiness until the server says that it is about to stop.
fn draining(serving: &Serving) -> Value {
    loop {
        let (status, body) = serving.curl("/api/health/ready", &[]);
        if status == 503 {
            return body;
        }
        assert_eq!(status, 200, "{body}");
    }
}

#[test]
fn a_server_that_stops_lets_a_run_end_and_answers_until_then() {
    let dir = with_bars();
    let (mut serving, path) = busy(dir.path(), "600000", 40);
    serving.signal("-TERM");
    let ready = draining(&serving);
    assert_eq!((&ready["ready"], &ready["status"]), (&json!(false), &json!("not_ready")));
    assert_eq!(serving.curl("/healthz", &[]).0, 200);
    let (status, job) = serving.curl(&path, &[]);
    assert_eq!((status, &job["status"]), (200, &json!("running")), "{job}");
    assert_eq!(serving.child.wait().unwrap().code(), Some(0));
    let (_, job) = Serving::start(dir.path()).curl(&path, &[]);
    assert_eq!((&job["status"], &job["attempt"]), (&json!("succeeded"), &json!(1)), "{job}");
}

#[test]
fn a_run_that_is_handed_back_spends_no_attempt_and_is_run_by_the_next_server() {
    let dir = with_bars();
    let (mut serving, path) = busy(dir.path(), "0", 40);
    serving.signal("-INT");
    assert_eq!(serving.child.wait().unwrap().code(), Some(0));
    let next = Serving::start(dir.path());
    loop {
        let (_, job) = next.curl(&format!("{path}?wait=30"), &[]);
        assert_eq!(job["attempt"].as_u64().map(|attempt| attempt <= 1), Some(true), "{job}");
        if job["finished_at"].is_string() {
            assert_eq!((&job["status"], &job["attempt"]), (&json!("succeeded"), &json!(1)));
            break;
        }
    }
}

#[test]
fn a_second_signal_ends_the_server_at_once_although_a_run_goes_on() {
    let dir = with_bars();
    // The second server runs what the first one lost, besides: so it is asked for another sweep.
    for (second, code, combinations) in [("-INT", 130, 200), ("-TERM", 143, 201)] {
        let (mut serving, path) = busy(dir.path(), "600000", combinations);
        serving.signal("-TERM");
        draining(&serving);
        assert_eq!(serving.curl(&path, &[]).1["status"], "running");
        serving.signal(second);
        assert_eq!(serving.child.wait().unwrap().code(), Some(code));
    }
}

#[test]
fn one_process_answers_and_another_runs_what_it_was_asked_for() {
    let dir = TempDir::new().unwrap();
    let api = Serving::start_with(dir.path(), &[], &["--role", "api"]);
    // The option wins over the setting.
    let role = [("TAPEDECK_ROLE", "api")];
    let worker = Serving::start_with(dir.path(), &role, &["--role", "worker"]);
    let body = r#"{"dataset_id":"aapl-1d","strategy_id":"sma_crossover"}"#;
    let post = ["-H", "content-type: application/json", "-H", "prefer: wait=60", "-d", body];
    let (_, done) = api.curl("/api/v1/backtests", &post);
    assert_eq!(done["status"], "succeeded", "{done}");

    let (status, ready) = api.curl("/api/health/ready", &[]);
    let executor = json!({
        "status": "not_configured",
        "detail": "this process answers requests only; 0 queued, 0 running",
    });
    assert_eq!((status, &ready["checks"]["executor"]), (200, &executor), "{ready}");
    let (status, ready) = worker.curl("/api/health/ready", &[]);
    let executor = &ready["checks"]["executor"];
    assert_eq!((status, &executor["status"]), (200, &json!("up")), "{ready}");
    assert_eq!(executor["detail"], "0 queued, 0 running");
    assert_eq!(worker.curl("/healthz", &[]).0, 200);
    assert_eq!(worker.curl("/api/health", &[]).0, 200);
    for path in ["/api/v1/backtests", "/docs", "/api/openapi.json"] {
        let (status, problem) = worker.curl(path, &[]);
        assert_eq!((status, &problem["code"]), (404, &json!("not_found")), "{path}");
    }
}

#[test]
fn a_process_that_answers_only_runs_nothing() {
    let dir = TempDir::new().unwrap();
    let mut api = Serving::start_with(dir.path(), &[("TAPEDECK_ROLE", "api")], &[]);
    let body = r#"{"dataset_id":"aapl-1d","strategy_id":"sma_crossover"}"#;
    let post = ["-H", "content-type: application/json", "-H", "prefer: wait=3", "-d", body];
    let (_, job) = api.curl("/api/v1/backtests", &post);
    assert_eq!(job["status"], "queued", "{job}");
    api.signal("-TERM");
    assert_eq!(api.child.wait().unwrap().code(), Some(0));
}
