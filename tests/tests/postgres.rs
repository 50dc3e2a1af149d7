//! The whole application on Postgres.

#[path = "../../crates/postgres/tests/support/mod.rs"]
mod support;

use std::time::Duration;

use serde_json::{Value, json};
use support::TestDatabase;
use tapedeck_tests::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn a_posted_crossover_ends_as_the_reference_says() {
    let database = TestDatabase::empty().await;
    let app = TestApp::with(&[("DATABASE_URL", &database.url())]).await;
    let body = json!({
        "dataset_id": "aapl-1d", "strategy_id": "sma_crossover",
        "params": {"fast": 20, "slow": 50}, "costs": {"commission_bps": 10},
        "sizing": {"kind": "fixed_quantity", "value": 100},
    });
    let request = app.client.post(app.url("/api/v1/backtests")).json(&body);
    let job: Value = request.send().await.unwrap().json().await.unwrap();
    let path = format!("/api/v1/backtests/{}", job["id"].as_str().unwrap());

    let mut status = job["status"].clone();
    for _ in 0..300 {
        if status == "succeeded" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        status = app.get_json(&path).await.1["status"].clone();
    }
    assert_eq!(status, "succeeded");

    let oracle = include_str!("../fixtures/oracle/sma/AAPL_sma.json");
    let oracle: Value = serde_json::from_str(oracle).unwrap();
    let mut runs = oracle["runs"].as_array().unwrap().iter();
    let expected = runs.find(|run| run["fast"] == 20 && run["commission"] == 0.001).unwrap();
    let (_, metrics) = app.get_json(&format!("{path}/metrics")).await;
    assert_eq!(metrics["trades"], 30);
    assert_eq!(metrics["trades"], expected["n_trades"]);
    assert!(!app.data_dir().join("tapedeck.db").exists(), "the embedded database is not used");
}
