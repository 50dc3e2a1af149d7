//! Finished backtests repeated, verified and compared.

mod support;

use serde_json::{Value, json};
use support::{finished, forgetful, post};
use tapedeck_domain::report::Report;
use tapedeck_tests::{TestApp, child_runner, crossover, repeats};

#[tokio::test]
async fn a_rerun_is_a_run_of_its_own_with_the_same_inputs() {
    let app = TestApp::start().await;
    let mut body = crossover();
    body["tags"] = json!(["first"]);
    let done = app.run_backtest(&body).await;
    let path = format!("/api/v1/backtests/{}", done["id"].as_str().unwrap());
    let (_, metrics) = app.get_json(&format!("{path}/metrics")).await;
    assert_eq!(done["rerun_of"], Value::Null);
    let url = app.url(&format!("{path}/rerun"));
    let request = || app.client.post(&url).header("idempotency-key", "k-1");
    let response = request().send().await.unwrap();
    assert_eq!(response.status(), 202);
    let location = response.headers()["location"].to_str().unwrap().to_owned();
    let again: Value = response.json().await.unwrap();
    assert_eq!((&again["rerun_of"], &again["tags"]), (&done["id"], &json!(["first"])));
    assert_ne!(again["id"], done["id"]);
    assert_eq!(again["input_hash"], done["input_hash"], "the inputs are the same");
    let replayed = request().send().await.unwrap();
    assert_eq!(replayed.headers()["idempotent-replayed"], "true");
    assert_eq!(replayed.json::<Value>().await.unwrap()["id"], again["id"]);
    let (_, third) = post(&app, &format!("{path}/rerun")).await;
    assert_ne!(third["id"], again["id"], "and never shared");

    let ended = app.wait_for(again["id"].as_str().unwrap()).await;
    assert_eq!(ended["status"], "succeeded");
    assert_eq!(app.get_json(&format!("{location}/metrics")).await.1, metrics);
    let diff = format!("{path}/diff/{}", again["id"].as_str().unwrap());
    let (_, diff) = app.get_json(&diff).await;
    assert_eq!((&diff["identical"], &diff["trades"]["matched"]), (&json!(true), &json!(30)));
}

#[tokio::test]
async fn a_run_whose_bars_are_gone_cannot_be_repeated() {
    let (app, gone) = forgetful().await;
    let (_, path) = finished(&app).await;
    gone.store(true, std::sync::atomic::Ordering::SeqCst);
    for action in ["rerun", "verify"] {
        let (status, problem) = post(&app, &format!("{path}/{action}")).await;
        assert_eq!((status, problem["code"].as_str()), (404, Some("artifact_not_found")));
        assert!(problem["detail"].as_str().unwrap().contains("bars"), "{problem}");
    }
}

#[tokio::test]
async fn a_run_is_verified_in_a_process_of_its_own() {
    let app = TestApp::start().await;
    let (_, path) = finished(&app).await;
    let (status, verdict) = post(&app, &format!("{path}/verify")).await;
    assert_eq!((status, &verdict["identical"]), (200, &json!(true)), "{verdict}");
    assert_eq!(verdict["bars"], 3270);
    assert!(verdict.get("first_difference").is_none());
}

#[tokio::test]
async fn a_stored_fill_that_was_changed_is_found_and_named() {
    let app = TestApp::over(&[], |adapters| {
        support::with_reports(adapters, |report: &mut Report| report.fills[10].price += 1e-9)
    })
    .await;
    let (_, path) = finished(&app).await;
    let fill = app.get_json(&format!("{path}/fills")).await.1["items"][10].clone();
    let (status, verdict) = post(&app, &format!("{path}/verify")).await;
    assert_eq!((status, &verdict["identical"]), (200, &json!(false)), "{verdict}");
    let difference = &verdict["first_difference"];
    assert_eq!((&difference["bar"], &difference["time"]), (&fill["bar"], &fill["time"]));
    assert_eq!((&difference["what"], &difference["stored"]), (&json!("fills"), &fill));
    let moved = fill["price"].as_f64().unwrap() - difference["computed"]["price"].as_f64().unwrap();
    assert!(moved > 0.0 && moved < 2e-9, "{moved}");
}

#[tokio::test]
async fn every_kind_of_change_is_found() {
    type Change = (&'static str, fn(&mut Report));
    let changes: [Change; 5] = [
        ("orders", |report| {
            report.orders.remove(3);
        }),
        ("fills", |report| report.fills[4].commission = 0.0),
        ("trades", |report| report.trades[2].pnl += 1.0),
        ("chain", |report| report.chain.0.push("ab".repeat(32))),
        ("metrics", |report| {
            let metrics = report.metrics.as_mut().unwrap();
            metrics.run.sharpe = metrics.run.sortino;
        }),
    ];
    for (what, change) in changes {
        let app = TestApp::over(&[], |adapters| support::with_reports(adapters, change)).await;
        let (_, path) = finished(&app).await;
        let (_, verdict) = post(&app, &format!("{path}/verify")).await;
        assert_eq!(verdict["first_difference"]["what"], what, "{verdict}");
    }
}

#[tokio::test]
async fn a_process_that_breaks_off_is_a_fault_of_the_server_without_its_internals() {
    let app = TestApp::over(&[], |mut adapters| {
        adapters.verifier = child_runner("/bin/false".into(), &adapters, repeats());
        adapters
    })
    .await;
    let (_, path) = finished(&app).await;
    let (status, problem) = post(&app, &format!("{path}/verify")).await;
    assert_eq!((status, problem["code"].as_str()), (500, Some("internal")));
    assert!(!problem.to_string().contains("false"), "{problem}");
}

#[tokio::test]
async fn two_runs_are_compared_by_inputs_trades_figures_and_equity() {
    let app = TestApp::start().await;
    let (a, path) = finished(&app).await;
    let mut body = crossover();
    body["risk"] = json!({"stop_loss": 0.1});
    let other = app.run_backtest(&body).await;
    let b = other["id"].as_str().unwrap();
    let (_, diff) = app.get_json(&format!("{path}/diff/{b}")).await;
    assert_eq!(diff["inputs"], json!([{"pointer": "/risk/stop_loss", "a": null, "b": 0.1}]));
    let trades = &diff["trades"];
    let count = |name: &str| trades[name].as_u64().unwrap();
    let (_, metrics) = app.get_json(&format!("{path}/metrics")).await;
    assert_eq!(
        count("matched") + count("changed_count") + {
            let missing = trades["missing"].as_array().unwrap().iter();
            missing.filter(|row| row["missing_in"] == "b").count() as u64
        },
        metrics["trades"].as_u64().unwrap()
    );
    let changed = &trades["changed"][0];
    assert_eq!(changed["a"]["entry_time"], changed["b"]["entry_time"]);
    assert_ne!(changed["a"]["exit_price"], changed["b"]["exit_price"]);
    let end = diff["metrics"].as_array().unwrap().iter().find(|m| m["key"] == "end_equity");
    assert_eq!(end.unwrap()["a"], metrics["end_equity"]);
    let first = &diff["first_difference"];
    assert_ne!(first["a"], first["b"]);
    let bar = first["bar"].as_u64().unwrap();
    for (id, side) in [(a.as_str(), "a"), (b, "b")] {
        let state = format!("/api/v1/backtests/{id}/state?bar={bar}");
        assert_eq!(app.get_json(&state).await.1["equity"], first[side]);
        let before = format!("/api/v1/backtests/{id}/state?bar={}", bar - 1);
        let equity =
            app.get_json(&format!("{path}/state?bar={}", bar - 1)).await.1["equity"].clone();
        assert_eq!(app.get_json(&before).await.1["equity"], equity, "alike until then");
    }
}
