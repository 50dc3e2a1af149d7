//! Feature flags and the log level: set over HTTP, kept, audited, heeded.

use reqwest::Method;
use serde_json::{Value, json};
use tapedeck_tests::{TestApp, crossover};

const FLAGS: &str = "/api/v1/flags";
const TIGHT: &str = "/api/v1/flags/tight_limits";
const LOGGING: &str = "/api/v1/logging";

/// Status and body; the request is `r-1`.
async fn ask(app: &TestApp, method: Method, path: &str, body: &str) -> (u16, Value) {
    let request = app.client.request(method, app.url(path)).header("x-request-id", "r-1");
    let request = request.header("content-type", "application/json").body(body.to_owned());
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

async fn put(app: &TestApp, path: &str, body: Value) -> (u16, Value) {
    ask(app, Method::PUT, path, &body.to_string()).await
}

async fn trail(app: &TestApp) -> Vec<Value> {
    let (_, page) = app.get_json("/api/v1/audit").await;
    page["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn every_flag_is_listed_with_what_is_declared_of_it() {
    let app = TestApp::with(&[("TAPEDECK__FLAGS__EXECUTION_ENVELOPE", "true")]).await;
    let (status, page) = app.get_json(FLAGS).await;
    assert_eq!((status, &page["next_cursor"]), (200, &Value::Null), "{page}");
    let of = |name: &str| {
        let items = page["items"].as_array().unwrap().iter();
        items.map(|flag| flag[name].clone()).collect::<Vec<_>>()
    };
    assert_eq!(of("key"), ["ai_assistant", "execution_envelope", "tight_limits"]);
    assert_eq!(of("kind"), ["ai", "experimental", "limits"]);
    assert_eq!(of("source"), ["default", "config", "default"]);
    assert_eq!(of("value"), of("default"));
    for text in ["description", "owner"] {
        assert!(of(text).iter().all(|text| text.as_str().is_some_and(|text| !text.is_empty())));
    }
    let (_, first) = app.get_json(&format!("{FLAGS}?limit=2&include_total=true")).await;
    assert_eq!((&first["items"][1]["key"], &first["total"]), (&page["items"][1]["key"], &json!(3)));
    let cursor = first["next_cursor"].as_str().unwrap();
    let (_, second) = app.get_json(&format!("{FLAGS}?limit=2&cursor={cursor}")).await;
    assert_eq!(second["items"], json!([page["items"][2]]));
    assert_eq!(app.get_json(TIGHT).await, (200, page["items"][2].clone()));
}

#[tokio::test]
async fn a_flag_is_set_and_taken_back_and_both_are_recorded_once() {
    let app = TestApp::start().await;
    for _ in 0..2 {
        let (status, set) = put(&app, TIGHT, json!({"value": true})).await;
        assert_eq!(status, 200, "{set}");
        assert_eq!((&set["value"], &set["source"]), (&json!(true), &json!("override")));
        assert_eq!(set["set_by"], "anonymous");
        assert_eq!(app.get_json(TIGHT).await.1, set);
    }
    for _ in 0..2 {
        let (status, cleared) = ask(&app, Method::DELETE, TIGHT, "").await;
        assert_eq!(status, 200, "{cleared}");
        assert_eq!((&cleared["value"], &cleared["source"]), (&json!(false), &json!("default")));
        assert_eq!(cleared["set_at"], Value::Null);
    }
    let (off, on) = (
        json!({"value": false, "source": "default"}),
        json!({"value": true, "source": "override"}),
    );
    let expected = [("flag.clear", &on, &off), ("flag.set", &off, &on)];
    let trail = trail(&app).await;
    assert_eq!(trail.len(), 2, "{trail:?}");
    for (entry, (action, before, after)) in trail.iter().zip(expected) {
        assert_eq!((&entry["action"], &entry["request_id"]), (&json!(action), &json!("r-1")));
        assert_eq!((&entry["before"], &entry["after"]), (before, after));
        assert_eq!(entry["subject"], "flags/tight_limits");
    }
}

#[tokio::test]
async fn what_cannot_be_is_refused_and_changes_nothing() {
    let app = TestApp::start().await;
    for (path, body, status, code, pointer) in [
        (TIGHT, r#"{"value":"yes"}"#, 422, "validation_error", "/value"),
        (TIGHT, r#"{"value":1}"#, 422, "validation_error", "/value"),
        (TIGHT, r#"{}"#, 422, "validation_error", ""),
        (TIGHT, r#"{"value":true,"until":"noon"}"#, 422, "validation_error", "/until"),
        (TIGHT, "[true]", 422, "validation_error", ""),
        (TIGHT, "{", 400, "malformed_request", ""),
        ("/api/v1/flags/nonsense", r#"{"value":true}"#, 404, "not_found", ""),
        (LOGGING, r#"{"level":"loud"}"#, 422, "validation_error", "/level"),
        (LOGGING, r#"{"level":"info,=debug"}"#, 422, "validation_error", "/level"),
        (LOGGING, r#"{"level":""}"#, 422, "validation_error", "/level"),
        (LOGGING, r#"{"level":7}"#, 422, "validation_error", "/level"),
    ] {
        let (found, problem) = ask(&app, Method::PUT, path, body).await;
        assert_eq!((found, &problem["code"]), (status, &json!(code)), "{path} {body}: {problem}");
        if status == 422 {
            assert_eq!(problem["errors"][0]["pointer"], pointer, "{body}: {problem}");
        }
    }
    for method in [Method::GET, Method::DELETE] {
        assert_eq!(ask(&app, method, "/api/v1/flags/nonsense", "").await.0, 404);
    }
    assert_eq!(ask(&app, Method::POST, TIGHT, "{}").await.0, 405);
    assert_eq!(app.get_json(TIGHT).await.1["source"], "default");
    assert_eq!(app.get_json(LOGGING).await.1["source"], "default");
    assert_eq!(trail(&app).await, Vec::<Value>::new());
}

#[tokio::test]
async fn tight_limits_hold_for_new_runs_in_every_process() {
    let first = TestApp::start().await;
    let shared = first.data_dir().to_str().unwrap();
    let second = TestApp::with(&[("TAPEDECK_DATA_DIR", shared)]).await;
    let limit = async |app: &TestApp| app.get_json("/api/v1/system").await.1["limits"].clone();
    let before = limit(&second).await;
    put(&first, TIGHT, json!({"value": true})).await;
    // The other process asks nobody for this answer: it shows what it has seen by itself.
    let mut after = limit(&second).await;
    for _ in 0..600 {
        if after != before {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        after = limit(&second).await;
    }
    for name in ["timeout_ms", "memory_mb", "cpu_ms", "bars", "orders", "output_bytes"] {
        let quarter = before[name].as_u64().unwrap() / 4;
        assert_eq!(after[name], quarter, "{name}");
    }
    assert_eq!(after["queue"], before["queue"], "that is no limit of a run");
    let run = second.run_backtest(&crossover()).await;
    assert_eq!(run["limits"]["timeout_ms"], after["timeout_ms"]);
    let mut greedy = crossover();
    greedy["seed"] = json!(7);
    greedy["limits"] = json!({"memory_mb": before["memory_mb"]});
    let (status, problem) = second.post_backtest(&greedy).await;
    let detail = problem["detail"].as_str().unwrap();
    assert!(status == 422 && detail.contains("since `tight_limits` is on"), "{problem}");
    ask(&first, Method::DELETE, TIGHT, "").await;
    assert_eq!(first.post_backtest(&greedy).await.0, 202);
}

#[tokio::test]
async fn the_envelope_is_shown_while_its_flag_is_on_and_computed_all_the_same() {
    let app = TestApp::start().await;
    let id = app.run_backtest(&crossover()).await["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/backtests/{id}");
    let look = async || {
        let metrics = app.get(&format!("{path}/metrics")).await;
        let tag = metrics.headers()["etag"].to_str().unwrap().to_owned();
        let metrics: Value = metrics.json().await.unwrap();
        let page = app.get(&format!("{path}/report")).await.text().await.unwrap();
        (metrics, page.contains("Execution envelope"), tag)
    };
    let (shown, on_page, tag) = look().await;
    assert!(shown["envelope"].is_object() && on_page, "{shown}");
    put(&app, "/api/v1/flags/execution_envelope", json!({"value": false})).await;
    let (hidden, on_page, other) = look().await;
    assert!(hidden["envelope"].is_null() && !on_page, "{hidden}");
    assert_ne!(tag, other, "it is another representation");
    assert_eq!(hidden["sharpe"], shown["sharpe"]);
    let url = app.url(&format!("{path}/verify"));
    let verdict: Value = app.client.post(url).send().await.unwrap().json().await.unwrap();
    assert_eq!(verdict["identical"], true, "{verdict}");
    ask(&app, Method::DELETE, "/api/v1/flags/execution_envelope", "").await;
    assert_eq!(look().await, (shown, true, tag));
}

#[tokio::test]
async fn the_log_level_is_set_and_taken_back_and_both_are_recorded() {
    let app = TestApp::with(&[("LOG_LEVEL", "warn")]).await;
    let (status, before) = app.get_json(LOGGING).await;
    assert_eq!(
        (status, &before["level"], &before["source"]),
        (200, &json!("warn"), &json!("config"))
    );
    let (status, set) = put(&app, LOGGING, json!({"level": "info,tapedeck_http=debug"})).await;
    assert_eq!((status, &set["level"]), (200, &json!("info,tapedeck_http=debug")), "{set}");
    assert_eq!((&set["source"], &set["configured"]), (&json!("override"), &json!("warn")));
    let (status, after) = ask(&app, Method::DELETE, LOGGING, "").await;
    assert_eq!((status, &after), (200, &before));
    let trail = trail(&app).await;
    let actions: Vec<_> = trail.iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["logging.clear", "logging.set"]);
    assert_eq!(trail[1]["before"], json!({"level": "warn", "source": "config"}));
    let level = json!({"level": "info,tapedeck_http=debug", "source": "override"});
    assert_eq!((&trail[1]["after"], &trail[1]["request_id"]), (&level, &json!("r-1")));
}

#[tokio::test]
async fn the_server_shows_its_configuration_and_where_it_is_from() {
    let app = TestApp::with(&[("TAPEDECK__EXECUTOR__QUEUE_LIMIT", "13")]).await;
    let (_, system) = app.get_json("/api/v1/system").await;
    let settings = system["configuration"].as_array().unwrap();
    let of = |key: &str| settings.iter().find(|shown| shown["key"] == key).unwrap().clone();
    assert_eq!(
        of("executor.queue_limit"),
        json!({
            "key": "executor.queue_limit", "name": "TAPEDECK__EXECUTOR__QUEUE_LIMIT",
            "value": "13", "source": "environment TAPEDECK__EXECUTOR__QUEUE_LIMIT",
        })
    );
    assert_eq!(of("executor.lease_ms")["source"], "default");
    assert_eq!(settings.len(), tapedeck_config::SETTINGS.len());
}
