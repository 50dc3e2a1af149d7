//! The main job over HTTP, on the embedded database.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use tapedeck_tests::{TestApp, crossover};

fn oracle_run() -> Value {
    let oracle: Value =
        serde_json::from_str(include_str!("../fixtures/oracle/sma/AAPL_sma.json")).unwrap();
    let mut runs = oracle["runs"].as_array().unwrap().iter();
    runs.find(|run| run["fast"] == 20 && run["commission"] == 0.001).cloned().unwrap()
}

#[tokio::test]
async fn a_posted_backtest_succeeds_and_its_trades_equal_the_reference() {
    let app = TestApp::start().await;
    let (status, posted) = app.post_backtest(&crossover()).await;
    assert_eq!((status, posted["status"].as_str()), (202, Some("queued")));
    let id = posted["id"].as_str().unwrap();
    let done = app.wait_for(id).await;
    assert_eq!(done["status"], "succeeded", "{done}");
    assert_eq!(done["progress"]["percent"], 100.0);

    let expected = oracle_run();
    let (_, trades) = app.get_json(&format!("/backtests/{id}/trades")).await;
    let trades = trades["items"].as_array().unwrap();
    let rows = expected["trades"].as_array().unwrap();
    assert_eq!(trades.len(), rows.len());
    for (trade, row) in trades.iter().zip(rows) {
        assert_eq!(trade["entry_time"].as_str().unwrap()[..10], row[0]);
        assert_eq!(trade["exit_time"].as_str().unwrap()[..10], row[1]);
        let columns = [("entry_bar", 2), ("exit_bar", 3), ("entry_price", 4), ("exit_price", 5)];
        for (name, k) in columns {
            assert_eq!(trade[name].as_f64(), row[k].as_f64(), "{name} of {trade}");
        }
        assert!((trade["pnl"].as_f64().unwrap() - row[7].as_f64().unwrap()).abs() < 1e-9);
    }
    let (_, metrics) = app.get_json(&format!("/backtests/{id}/metrics")).await;
    assert_eq!(metrics["trades"], expected["n_trades"]);
    let end = metrics["end_equity"].as_f64().unwrap();
    assert!((end - expected["final_equity"].as_f64().unwrap()).abs() < 1e-6);
    let (_, equity) = app.get_json(&format!("/backtests/{id}/equity")).await;
    assert_eq!(equity["items"].as_array().unwrap().len(), 3270);
    assert_eq!(equity["items"][3269]["equity"], metrics["end_equity"]);
    let (_, few) = app.get_json(&format!("/backtests/{id}/equity?max_points=100")).await;
    assert_eq!((few["decimated"].as_bool(), few["bars"].as_u64()), (Some(true), Some(3270)));
    assert!(few["items"].as_array().unwrap().len() <= 100);
}

#[tokio::test]
async fn the_manifest_holds_all_that_is_needed_to_repeat_the_run() {
    let app = TestApp::start().await;
    let done = app.run_backtest(&crossover()).await;
    let id = done["id"].as_str().unwrap();
    let (_, manifest) = app.get_json(&format!("/backtests/{id}/manifest")).await;
    let (_, dataset) = app.get_json("/api/v1/datasets/aapl-1d").await;
    let spec = &manifest["specification"];
    assert_eq!(manifest["input_hash"], done["input_hash"]);
    assert_eq!(spec["dataset"]["content_hash"], dataset["content_hash"]);
    assert_eq!(spec["params"], json!({"fast": 20, "slow": 50}));
    assert_eq!(spec["costs"]["commission"], json!({"kind": "bps", "value": 10.0}));
    assert_eq!(spec["seed"], 0);
    for key in ["version", "revision", "architecture"] {
        assert!(manifest["build"][key].is_string(), "{manifest}");
    }
}

#[tokio::test]
async fn results_come_as_csv_too_and_in_pages() {
    let app = TestApp::start().await;
    let done = app.run_backtest(&crossover()).await;
    let path = format!("/api/v1/backtests/{}/fills", done["id"].as_str().unwrap());
    let request = app.client.get(app.url(&path)).header("accept", "text/csv");
    let csv = request.send().await.unwrap();
    assert_eq!(csv.headers()["content-type"], "text/csv; charset=utf-8");
    let text = csv.text().await.unwrap();
    assert!(text.starts_with("id,order_id,time,bar,side,quantity,price,commission,slippage\r\n"));
    assert_eq!(text.lines().count(), 61);

    let mut ids = Vec::new();
    let mut next = Some(format!("{path}?limit=25"));
    while let Some(path) = next {
        let response = app.get(&path).await;
        let link = response.headers().get("link").map(|link| link.to_str().unwrap().to_owned());
        let page: Value = response.json().await.unwrap();
        ids.extend(page["items"].as_array().unwrap().iter().map(|row| row["id"].as_u64().unwrap()));
        next = link.map(|link| link.split(['<', '>']).nth(1).unwrap().to_owned());
        assert_eq!(next.is_some(), page["next_cursor"].is_string());
    }
    assert_eq!(ids, (1..=60).collect::<Vec<_>>());
}

#[tokio::test]
async fn fifty_equal_requests_at_once_make_one_run() {
    let app = TestApp::start().await;
    let posts = (0..50).map(|_| async { app.post_backtest(&crossover()).await });
    let answers = futures_util::future::join_all(posts).await;
    let ids: BTreeSet<_> =
        answers.iter().map(|(_, body)| body["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(ids.len(), 1, "{ids:?}");
    let created = answers.iter().filter(|(status, _)| *status == 202).count();
    assert_eq!(created, 1);
    let shared = answers.iter().filter(|(_, body)| body["deduplicated"] == true).count();
    assert_eq!(shared, 49);

    let mut own = crossover();
    own["force_new"] = json!(true);
    let (status, body) = app.post_backtest(&own).await;
    assert_eq!(status, 202);
    assert!(!ids.contains(body["id"].as_str().unwrap()), "a run of its own on request");
}

#[tokio::test]
async fn two_hundred_runs_posted_at_once_all_end() {
    let app = TestApp::start().await;
    let posts = (0..200).map(|seed| {
        let mut body = crossover();
        body["seed"] = json!(seed);
        let app = &app;
        async move { app.post_backtest(&body).await }
    });
    let answers = futures_util::future::join_all(posts).await;
    assert!(answers.iter().all(|(status, _)| *status == 202));
    for (_, body) in &answers {
        assert_eq!(app.wait_for(body["id"].as_str().unwrap()).await["status"], "succeeded");
    }
    let (_, list) = app.get_json("/backtests?status=succeeded&include_total=true&limit=500").await;
    assert_eq!((list["total"].as_u64(), &list["next_cursor"]), (Some(200), &Value::Null));
}

#[tokio::test]
async fn an_idempotency_key_stands_for_one_request() {
    let app = TestApp::start().await;
    let post = |key: &str, body: Value| {
        let request = app.client.post(app.url("/backtests")).header("idempotency-key", key);
        let request = request.json(&body);
        async move { request.send().await.unwrap() }
    };
    let first = post("k-1", crossover()).await;
    assert_eq!(first.status(), 202);
    assert!(first.headers()["location"].to_str().unwrap().starts_with("/api/v1/backtests/"));
    let first: Value = first.json().await.unwrap();
    let again = post("k-1", crossover()).await;
    assert_eq!(
        (again.status().as_u16(), &again.headers()["idempotent-replayed"]),
        (200, &"true".parse().unwrap())
    );
    assert_eq!(again.json::<Value>().await.unwrap()["id"], first["id"]);
    let mut other = crossover();
    other["seed"] = json!(1);
    let conflict = post("k-1", other).await;
    assert_eq!(conflict.status(), 409);
    assert_eq!(conflict.json::<Value>().await.unwrap()["code"], "idempotency_conflict");
    let second: Value = post("k-2", crossover()).await.json().await.unwrap();
    assert_ne!(second["id"], first["id"], "another key, another run");
    assert_eq!(post("has space", crossover()).await.status(), 422);
}

#[tokio::test]
async fn a_client_that_prefers_to_wait_gets_the_finished_run() {
    let app = TestApp::start().await;
    let request = app.client.post(app.url("/backtests")).header("prefer", "wait=30");
    let response = request.json(&crossover()).send().await.unwrap();
    assert_eq!(response.status(), 200);
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["status"], "succeeded");
    assert_eq!(body["metrics"]["trades"], 30);
}

/// Bars enough for a run to be caught in the middle.
async fn with_long_dataset(app: &TestApp) -> Value {
    app.generate("long-1m", 1_000_000).await;
    json!({
        "dataset_id": "long-1m", "strategy_id": "sma_crossover", "capital": 1e9,
        "params": {"fast": 2, "slow": 3},
    })
}

#[tokio::test]
async fn a_running_backtest_is_cancelled_and_keeps_what_it_did() {
    let app = TestApp::with(&[("TAPEDECK__EXECUTOR__MAX_CONCURRENT", "1")]).await;
    let body = with_long_dataset(&app).await;
    let (_, first) = app.post_backtest(&body).await;
    let mut second = body.clone();
    second["seed"] = json!(2);
    let (_, second) = app.post_backtest(&second).await;

    let cancel = |id: &Value| {
        let url = app.url(&format!("/backtests/{}/cancel", id.as_str().unwrap()));
        let request = app.client.post(url);
        async move { request.send().await.unwrap() }
    };
    let waiting = cancel(&second["id"]).await;
    assert_eq!(waiting.status(), 200, "one that waits is cancelled at once");
    assert_eq!(waiting.json::<Value>().await.unwrap()["status"], "cancelled");
    let (status, problem) =
        app.get_json(&format!("/backtests/{}/trades", second["id"].as_str().unwrap())).await;
    assert_eq!((status, problem["code"].as_str()), (404, Some("artifact_not_found")));

    let id = first["id"].as_str().unwrap();
    let mut state = Value::Null;
    for _ in 0..400 {
        state = app.get_json(&format!("/backtests/{id}")).await.1;
        if state["status"] != "queued" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    cancel(&first["id"]).await;
    let end = app.wait_for(id).await;
    // The run may have won the race; whatever it is, it is one end and it stays.
    assert!(["cancelled", "succeeded"].contains(&end["status"].as_str().unwrap()), "{state} {end}");
    let again = cancel(&first["id"]).await;
    assert_eq!(again.status(), 200);
    assert_eq!(again.json::<Value>().await.unwrap()["status"], end["status"]);
    let (status, metrics) = app.get_json(&format!("/backtests/{id}/metrics")).await;
    if end["status"] == "cancelled" && status == 200 {
        assert_eq!(metrics["partial"], true);
    }
}

#[tokio::test]
async fn a_run_that_takes_too_long_times_out_and_says_which_limit() {
    let app = TestApp::start().await;
    let mut body = with_long_dataset(&app).await;
    body["limits"] = json!({"timeout_ms": 1});
    let end = app.run_backtest(&body).await;
    assert_eq!(end["status"], "timed_out", "{end}");
    assert_eq!(end["failure"]["reason"], "limit_exceeded");
    assert_eq!(end["failure"]["limit"], json!({"name": "timeout_ms", "value": 1}));
    body["limits"] = json!({"timeout_ms": 999_999_999});
    let (status, problem) = app.post_backtest(&body).await;
    assert_eq!((status, &problem["errors"][0]["pointer"]), (422, &json!("/limits/timeout_ms")));
}

#[tokio::test]
async fn a_finished_run_can_be_deleted_and_is_gone_with_its_files() {
    let app = TestApp::start().await;
    let done = app.run_backtest(&crossover()).await;
    let id = done["id"].as_str().unwrap();
    let reports = app.data_dir().join("reports").join(id);
    assert!(reports.exists());
    let delete = || async {
        let url = app.url(&format!("/api/v1/backtests/{id}"));
        app.client.delete(url).send().await.unwrap().status().as_u16()
    };
    assert_eq!(delete().await, 204);
    assert!(!reports.exists());
    assert_eq!(delete().await, 404);
    let (status, problem) = app.get_json(&format!("/backtests/{id}")).await;
    assert_eq!((status, problem["code"].as_str()), (404, Some("backtest_not_found")));
    assert_eq!(app.post_backtest(&crossover()).await.0, 202, "the same inputs run anew");
}

#[tokio::test]
async fn bad_requests_get_a_precise_answer_and_change_nothing() {
    let app = TestApp::start().await;
    let with = |key: &str, value: Value| {
        let mut body = crossover();
        body[key] = value;
        body
    };
    let cases = [
        (with("fees", json!(1)), 422, "validation_error", "/fees"),
        (with("params", json!({"fast": 60})), 422, "validation_error", "/params/fast"),
        (with("params", json!({"fast": 1.5})), 422, "validation_error", "/params/fast"),
        (with("params", json!({"x/y": 1})), 422, "validation_error", "/params/x~1y"),
        (with("from", json!("1990-01-01")), 422, "validation_error", "/from"),
        (with("to", json!("2031-01-01")), 422, "validation_error", "/to"),
        (with("strategy_version", json!(9)), 422, "validation_error", "/strategy_version"),
        (with("capital", json!("much")), 422, "validation_error", "/capital"),
        (with("dataset_id", json!("nope")), 404, "dataset_not_found", ""),
        (with("dataset_id", json!("../x")), 404, "dataset_not_found", ""),
        (with("strategy_id", json!("nope")), 404, "strategy_not_found", ""),
    ];
    for (body, status, code, pointer) in cases {
        let (found, problem) = app.post_backtest(&body).await;
        assert_eq!((found, problem["code"].as_str()), (status, Some(code)), "{problem}");
        assert_eq!(problem["errors"][0]["pointer"].as_str().unwrap_or_default(), pointer);
    }
    let post = |kind: &'static str, body: String| {
        let request = app.client.post(app.url("/backtests")).header("content-type", kind);
        async move { request.body(body).send().await.unwrap().status().as_u16() }
    };
    assert_eq!(post("application/json", "{".to_owned()).await, 400);
    assert_eq!(post("text/plain", "{}".to_owned()).await, 415);
    assert_eq!(post("application/json", " ".repeat(2 << 20)).await, 413);
    let (_, list) = app.get_json("/backtests?include_total=true").await;
    assert_eq!(list["total"], 0);
}

#[tokio::test]
async fn a_range_is_an_inclusive_part_of_the_dataset() {
    let app = TestApp::start().await;
    let mut body = crossover();
    body["from"] = json!("2004-01-01");
    body["to"] = json!("2010-12-31");
    let done = app.run_backtest(&body).await;
    let id = done["id"].as_str().unwrap();
    let (_, metrics) = app.get_json(&format!("/backtests/{id}/metrics")).await;
    assert_eq!(metrics["start"], "2004-01-02T00:00:00Z");
    assert_eq!(metrics["end"], "2010-12-31T00:00:00Z");
    assert_eq!(done["progress"]["bars_total"], metrics["bars"]);

    let market = json!({
        "symbol": "AAPL", "interval": "1d", "from": "2004-01-01", "to": "2010-12-31",
        "strategy_id": "sma_crossover", "params": {"fast": 20, "slow": 50},
        "sizing": {"kind": "fixed_quantity", "value": 100}, "costs": {"commission_bps": 10},
    });
    let (status, same) = app.post_backtest(&market).await;
    assert_eq!((status, &same["id"]), (200, &done["id"]), "the same bars by another name");
}

#[tokio::test]
async fn lists_are_filtered_and_newest_first() {
    let app = TestApp::start().await;
    let mut ids = Vec::new();
    for seed in 0..5 {
        let mut body = crossover();
        body["seed"] = json!(seed);
        body["tags"] = json!([if seed % 2 == 0 { "even" } else { "odd" }]);
        ids.push(app.run_backtest(&body).await["id"].clone());
    }
    let listed = |query: &'static str| {
        let app = &app;
        async move {
            let (status, list) = app.get_json(&format!("/api/v1/backtests{query}")).await;
            assert_eq!(status, 200, "{list}");
            let items = list["items"].as_array().unwrap().clone();
            items.into_iter().map(|item| item["id"].clone()).collect::<Vec<_>>()
        }
    };
    ids.reverse();
    assert_eq!(listed("").await, ids);
    assert_eq!(listed("?tag=odd").await, [ids[1].clone(), ids[3].clone()]);
    assert_eq!(listed("?symbol=AAPL&dataset_id=aapl-1d&strategy_id=sma_crossover").await.len(), 5);
    assert!(listed("?status=failed").await.is_empty());
    assert!(listed("?created_after=2099-01-01").await.is_empty());
    assert_eq!(listed("?limit=2").await, ids[..2]);
    for bad in ["?limit=0", "?limit=501", "?status=odd", "?nonsense=1", "?created_after=x"] {
        assert_eq!(app.get(&format!("/api/v1/backtests{bad}")).await.status(), 422, "{bad}");
    }
    assert_eq!(app.get("/api/v1/backtests?cursor=zz").await.status(), 400);
}

#[tokio::test]
async fn catalogs_describe_datasets_and_strategies() {
    let app = TestApp::start().await;
    let (_, datasets) = app.get_json("/api/v1/datasets").await;
    let names: Vec<_> =
        datasets["items"].as_array().unwrap().iter().map(|d| d["id"].as_str().unwrap()).collect();
    assert_eq!(names, ["aapl-1d", "demo-1m"]);
    assert_eq!(datasets["items"][0]["warnings"], json!(["Prices are not adjusted for splits."]));
    let (_, bars) = app.get_json("/api/v1/datasets/aapl-1d/bars?from=2013-03-01").await;
    assert_eq!(
        (bars["total"].as_u64(), bars["items"][0]["close"].as_f64()),
        (Some(1), Some(430.47))
    );
    assert_eq!(app.get("/api/v1/datasets/nope").await.status(), 404);
    let (_, strategies) = app.get_json("/api/v1/strategies").await;
    assert_eq!(strategies["items"][0]["id"], "sma_crossover");
    let (_, schema) = app.get_json("/api/v1/strategies/sma_crossover/schema").await;
    assert_eq!(schema["properties"]["fast"]["default"], 20);
    assert_eq!(app.get("/api/v1/strategies/nope/schema").await.status(), 404);
}

#[tokio::test]
async fn a_request_id_reaches_the_job_that_it_made() {
    let app = TestApp::start().await;
    let request = app.client.post(app.url("/backtests")).header("x-request-id", "trace-me");
    let body: Value = request.json(&crossover()).send().await.unwrap().json().await.unwrap();
    assert_eq!(body["request_id"], "trace-me");
}
