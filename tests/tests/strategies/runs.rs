//! Runs of stored strategies.

use reqwest::Method;
use serde_json::{Value, json};
use tapedeck_tests::TestApp;

use crate::{STRATEGIES, body, create, faults, get, ids, put, refused, send};

fn run(id: &str, version: Option<u32>) -> Value {
    let mut run = json!({
        "dataset_id": "aapl-1d", "strategy_id": id,
        "sizing": {"kind": "fixed_quantity", "value": 100}, "costs": {"commission_bps": 10},
    });
    if let Some(version) = version {
        run["strategy_version"] = json!(version);
    }
    run
}

async fn trades(app: &TestApp, run: &Value) -> Value {
    let path = format!("/api/v1/backtests/{}/trades", run["id"].as_str().unwrap());
    let (status, trades) = app.get_json(&path).await;
    assert_eq!(status, 200, "{trades}");
    trades["items"].clone()
}

#[tokio::test]
async fn a_stored_crossover_trades_as_the_one_that_came_with_the_server() {
    let app = TestApp::start().await;
    create(&app, "mine").await;
    let stored = app.run_backtest(&run("mine", None)).await;
    assert_eq!(stored["status"], "succeeded", "{stored}");
    let built_in = app.run_backtest(&run("sma_crossover", None)).await;
    assert_eq!(stored["metrics"], built_in["metrics"]);
    let rows = trades(&app, &stored).await;
    assert_eq!((rows.as_array().unwrap().len(), &rows), (30, &trades(&app, &built_in).await));
}

#[tokio::test]
async fn a_run_pins_the_version_that_it_names_or_the_latest() {
    let app = TestApp::start().await;
    create(&app, "mine").await;
    let first = app.run_backtest(&run("mine", None)).await;
    put(&app, "mine", 10, None).await;
    let second = app.run_backtest(&run("mine", None)).await;
    assert_ne!(first["input_hash"], second["input_hash"]);
    assert_ne!(trades(&app, &first).await, trades(&app, &second).await);
    for (version, same) in [(1, &first), (2, &second)] {
        assert_eq!(same["strategy"]["version"], version);
        let (status, again) = app.post_backtest(&run("mine", Some(version))).await;
        assert_eq!((status, &again["id"]), (200, &same["id"]), "{again}");
    }
    let (status, problem) = app.post_backtest(&run("mine", Some(3))).await;
    assert_eq!(status, 422);
    assert_eq!(faults(&problem["errors"]), [("/strategy_version", "range")]);
    assert_eq!(problem["errors"][0]["detail"], "`mine` has versions 1 to 2");
}

#[tokio::test]
async fn runs_outlive_the_strategy_that_they_used() {
    let app = TestApp::start().await;
    create(&app, "mine").await;
    let done = app.run_backtest(&run("mine", None)).await;
    let before = trades(&app, &done).await;
    let path = format!("{STRATEGIES}/mine");
    let gone = send(&app, Method::DELETE, &path, None).await;
    assert_eq!((gone.status, gone.body), (204, Value::Null));

    for path in ["/mine", "/mine?version=1", "/mine/versions", "/mine/schema"] {
        refused(&get(&app, path).await, 404, "strategy_not_found");
    }
    refused(&send(&app, Method::DELETE, &path, None).await, 404, "strategy_not_found");
    refused(&put(&app, "mine", 10, None).await, 404, "strategy_not_found");
    assert!(!ids(&get(&app, "").await.body).contains(&"mine"));
    refused(&send(&app, Method::POST, STRATEGIES, Some(&body("mine"))).await, 409, "conflict");
    let (status, problem) = app.post_backtest(&run("mine", Some(1))).await;
    assert_eq!((status, &problem["code"]), (404, &json!("strategy_not_found")));

    assert_eq!(trades(&app, &done).await, before);
    let id = done["id"].as_str().unwrap();
    let (_, manifest) = app.get_json(&format!("/api/v1/backtests/{id}/manifest")).await;
    let spec = &manifest["specification"];
    assert_eq!(spec["strategy"], json!({"id": "mine", "version": 1}));
    assert_eq!(spec["rules"]["indicators"]["fast"]["kind"], "sma", "{manifest}");
    let (_, runs) = app.get_json("/api/v1/backtests?strategy_id=mine").await;
    assert_eq!(runs["items"].as_array().unwrap().len(), 1);
}
