use tapedeck_tests::crossover;

use super::*;

const NO_ID: &str = "0190a6b2-7c1e-7d3a-8f00-000000000001";

#[tokio::test]
async fn an_assistant_finds_its_way_from_a_dataset_to_a_result() {
    let app = start().await;
    let datasets = call(&app, "list_datasets", &json!({})).await;
    assert_eq!(
        (&datasets["items"][0]["id"], &datasets["next_cursor"]),
        (&json!("aapl-1d"), &Value::Null)
    );
    let dataset = call(&app, "describe_dataset", &json!({"dataset_id": "aapl-1d"})).await;
    assert_eq!(dataset, app.get_json("/api/v1/datasets/aapl-1d").await.1);
    let strategies = call(&app, "list_strategies", &json!({"limit": 1})).await;
    assert_eq!(strategies["items"].as_array().unwrap().len(), 1);
    assert!(strategies["items"][0].get("definition").is_none(), "{strategies}");
    let next = json!({"limit": 1, "cursor": strategies["next_cursor"]});
    assert_ne!(call(&app, "list_strategies", &next).await["items"], strategies["items"]);
    let named = json!({"strategy_id": "sma_crossover"});
    let strategy = call(&app, "describe_strategy", &named).await;
    assert_eq!(strategy, app.get_json("/api/v1/strategies/sma_crossover").await.1);
    let definitions = call(&app, "list_metric_definitions", &json!({})).await;
    assert_eq!(definitions, app.get_json("/api/v1/metric-definitions").await.1);

    let submitted = call(&app, "submit_backtest", &crossover()).await;
    assert_eq!(submitted["deduplicated"], false);
    let id = json!({"backtest_id": submitted["id"]});
    let ended = ended(&app, "wait_for_backtest", &id).await;
    assert_eq!(ended["backtest"]["status"], "succeeded", "{ended}");
    assert_eq!(call(&app, "get_backtest", &id).await, ended);
    let again = call(&app, "submit_backtest", &crossover()).await;
    assert_eq!((&again["id"], &again["deduplicated"]), (&submitted["id"], &json!(true)));

    let at = format!("/api/v1/backtests/{}", submitted["id"].as_str().unwrap());
    let metrics = call(&app, "get_metrics", &id).await;
    assert_eq!(metrics, app.get_json(&format!("{at}/metrics")).await.1);
    let points = json!({"backtest_id": submitted["id"], "max_points": 20});
    let equity = call(&app, "get_equity", &points).await;
    assert_eq!(equity, app.get_json(&format!("{at}/equity?max_points=20")).await.1);
    assert!(equity["decimated"] == true && equity["points"].as_u64() <= Some(20), "{equity}");
    let all = app.get_json(&format!("{at}/trades")).await.1;
    let (mut trades, mut cursor) = (Vec::new(), Value::Null);
    loop {
        let page = json!({"backtest_id": submitted["id"], "limit": 7, "cursor": cursor});
        let page = call(&app, "list_trades", &page).await;
        assert_eq!(page["total"], all["total"]);
        trades.extend(page["items"].as_array().unwrap().clone());
        cursor = page["next_cursor"].clone();
        if cursor.is_null() {
            break;
        }
    }
    assert!(trades.len() > 14, "{} trades", trades.len());
    assert_eq!(json!(trades), all["items"]);
}

/// What a tool answers that waits, once what it waits for has ended.
async fn ended(app: &TestApp, tool: &str, id: &Value) -> Value {
    let mut arguments = id.clone();
    arguments["wait_ms"] = json!(30_000);
    for _ in 0..10 {
        let found = call(app, tool, &arguments).await;
        if found["ended"] == true {
            return found;
        }
    }
    panic!("{tool}: it never ended");
}

#[tokio::test]
async fn rules_are_checked_run_and_refused() {
    let app = start().await;
    let schema = call(&app, "rules_schema", &json!({})).await;
    assert_eq!(schema, app.get_json("/api/v1/rules-schema").await.1);
    let built_in = call(&app, "describe_strategy", &json!({"strategy_id": "sma_crossover"})).await;
    let rules = &built_in["definition"];
    let found = call(&app, "validate_rules", &json!({"definition": rules})).await;
    assert_eq!(found["valid"], true, "{found}");
    let found = call(&app, "validate_rules", &json!({"definition": {"entry": 5}})).await;
    assert!(found["valid"] == false && found["errors"][0]["pointer"].is_string(), "{found}");
    let run = json!({"dataset_id": "aapl-1d", "rules": rules});
    let submitted = call(&app, "submit_backtest", &run).await;
    let ended = ended(&app, "wait_for_backtest", &json!({"backtest_id": submitted["id"]})).await;
    assert_eq!(ended["backtest"]["status"], "succeeded", "{ended}");
    let run = json!({"dataset_id": "aapl-1d", "rules": {"entry": 5}});
    let refused = problem(&app, "submit_backtest", &run).await;
    assert_eq!(refused["code"], "validation_error");
    assert!(refused["errors"][0]["pointer"].as_str().unwrap().starts_with("/rules"), "{refused}");
}

#[tokio::test]
async fn a_run_that_has_not_ended_is_waited_for_in_vain_and_cancelled() {
    let app = start().await;
    let mut later = crossover();
    later["not_before"] = json!("2999-01-01");
    let refused = problem(&app, "submit_backtest", &later).await;
    assert_eq!(refused["errors"][0]["pointer"], "/not_before", "{refused}");
    app.client.post(app.url("/api/v1/queue/pause")).send().await.unwrap();
    let submitted = call(&app, "submit_backtest", &crossover()).await;
    let id = json!({"backtest_id": submitted["id"]});
    let waiting = json!({"backtest_id": submitted["id"], "wait_ms": 50});
    let found = call(&app, "wait_for_backtest", &waiting).await;
    assert_eq!((&found["ended"], &found["backtest"]["status"]), (&json!(false), &json!("queued")));
    for tool in ["get_metrics", "list_trades", "get_equity"] {
        assert_eq!(problem(&app, tool, &id).await["code"], "not_ready", "{tool}");
    }
    for _ in 0..2 {
        let cancelled = call(&app, "cancel_backtest", &id).await;
        assert_eq!(
            (&cancelled["ended"], &cancelled["backtest"]["status"]),
            (&json!(true), &json!("cancelled"))
        );
    }
    let (_, audit) = app.get_json("/api/v1/audit?action=backtest.cancel").await;
    assert_eq!(audit["items"].as_array().unwrap().len(), 1, "{audit}");
    assert_eq!(problem(&app, "get_metrics", &id).await["code"], "artifact_not_found");
}

#[tokio::test]
async fn what_there_is_not_and_what_cannot_be_is_said() {
    let app = start().await;
    for (tool, arguments, code) in [
        ("describe_dataset", json!({"dataset_id": "none"}), "dataset_not_found"),
        ("describe_strategy", json!({"strategy_id": "none"}), "strategy_not_found"),
        (
            "describe_strategy",
            json!({"strategy_id": "sma_crossover", "strategy_version": 99}),
            "strategy_not_found",
        ),
        ("wait_for_backtest", json!({"backtest_id": NO_ID}), "backtest_not_found"),
        ("get_backtest", json!({"backtest_id": "nobody"}), "backtest_not_found"),
        ("cancel_backtest", json!({"backtest_id": NO_ID}), "backtest_not_found"),
        ("get_metrics", json!({"backtest_id": NO_ID}), "backtest_not_found"),
        ("list_trades", json!({"backtest_id": NO_ID}), "backtest_not_found"),
        ("get_equity", json!({"backtest_id": NO_ID}), "backtest_not_found"),
        ("get_sweep", json!({"sweep_id": NO_ID}), "not_found"),
        ("list_sweep_results", json!({"sweep_id": NO_ID}), "not_found"),
        ("cancel_sweep", json!({"sweep_id": NO_ID}), "not_found"),
        ("list_datasets", json!({"limit": 101}), "validation_error"),
        ("list_strategies", json!({"cursor": "?"}), "out_of_range"),
        ("list_metric_definitions", json!({"all": true}), "validation_error"),
        ("rules_schema", json!({"v": 1}), "validation_error"),
        ("validate_rules", json!({}), "validation_error"),
        ("wait_for_backtest", json!({"backtest_id": NO_ID, "wait_ms": 30_001}), "validation_error"),
        ("submit_backtest", json!({}), "validation_error"),
        ("submit_sweep", json!({"parameters": {}}), "validation_error"),
    ] {
        let problem = problem(&app, tool, &arguments).await;
        assert_eq!(problem["code"], code, "{tool} {arguments}: {problem}");
    }
    let mut wide = crossover();
    wide["from"] = json!("1900-01-01");
    wide["params"]["fast"] = json!(-1);
    let refused = problem(&app, "submit_backtest", &wide).await;
    assert!(refused["errors"][0]["pointer"].is_string(), "{refused}");
    let listed = app.get_json("/api/v1/backtests").await.1;
    assert_eq!(listed["items"], json!([]), "nothing was changed");
}

#[tokio::test]
async fn a_sweep_is_submitted_waited_for_and_read() {
    let app = start().await;
    let sweep = json!({
        "backtest": {"dataset_id": "aapl-1d", "strategy_id": "sma_crossover"},
        "parameters": {"fast": {"from": 5, "to": 24}, "slow": {"values": [50]}},
    });
    let submitted = call(&app, "submit_sweep", &sweep).await;
    let id = json!({"sweep_id": submitted["id"]});
    let ended = ended(&app, "get_sweep", &id).await;
    assert_eq!(ended["sweep"]["status"], "succeeded", "{ended}");
    let first = call(&app, "list_sweep_results", &id).await;
    assert_eq!(first["items"].as_array().unwrap().len(), 10);
    assert_eq!(first["items"][0]["params"], ended["sweep"]["best"]["params"]);
    let rest = json!({"sweep_id": submitted["id"], "limit": 50, "cursor": first["next_cursor"]});
    let rest = call(&app, "list_sweep_results", &rest).await;
    assert_eq!((rest["items"].as_array().unwrap().len(), &rest["next_cursor"]), (10, &Value::Null));
    let again = call(&app, "submit_sweep", &sweep).await;
    assert_eq!(again["deduplicated"], true);
    assert_eq!(call(&app, "cancel_sweep", &id).await["ended"], true);
}
