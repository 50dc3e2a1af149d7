//! Sweeps over HTTP, on the embedded database.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tapedeck_sandbox::InProcessSweeps;
use tapedeck_tests::{TestApp, crossover};

/// The crossover of the reference results without its lengths, over three by four of them.
fn grid() -> Value {
    let mut backtest = crossover();
    backtest.as_object_mut().unwrap().remove("params");
    json!({
        "backtest": backtest,
        "parameters": {
            "fast": {"from": 5, "to": 29, "step": 12},
            "slow": {"values": [17, 35, 61, 191]},
        },
        "constraints": [{"left": "fast", "op": "lt", "right": "slow"}],
    })
}

struct Sweeps<'a>(&'a TestApp);

impl Sweeps<'_> {
    async fn post(&self, body: &Value) -> (u16, Value) {
        let request = self.0.client.post(self.0.url("/api/v1/sweeps")).json(body);
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    /// Posts a sweep and waits for its end.
    async fn run(&self, body: &Value) -> Value {
        let (status, posted) = self.post(body).await;
        assert!(status == 202 || status == 200, "{posted}");
        self.end(posted["id"].as_str().unwrap()).await
    }

    async fn end(&self, id: &str) -> Value {
        let (_, sweep) = self.get(id, "?wait=60").await;
        assert!(sweep["finished_at"].is_string(), "{sweep}");
        sweep
    }

    async fn get(&self, id: &str, rest: &str) -> (u16, Value) {
        self.0.get_json(&format!("/api/v1/sweeps/{id}{rest}")).await
    }

    /// Pointer and detail of each fault of a body that is refused.
    async fn faults(&self, body: &Value) -> Vec<(String, String)> {
        let (status, problem) = self.post(body).await;
        assert_eq!((status, &problem["code"]), (422, &json!("validation_error")), "{problem}");
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let errors = problem["errors"].as_array().unwrap();
        errors.iter().map(|e| (text(&e["pointer"]), text(&e["detail"]))).collect()
    }
}

fn id(resource: &Value) -> &str {
    resource["id"].as_str().unwrap()
}

fn items(page: &Value) -> &[Value] {
    page["items"].as_array().unwrap()
}

#[tokio::test]
async fn every_row_equals_the_single_run_to_the_bit() {
    let app = TestApp::start().await;
    let sweep = Sweeps(&app).run(&grid()).await;
    assert_eq!(sweep["status"], "succeeded", "{sweep}");
    let counts = ["combinations_total", "combinations_done", "trials"].map(|key| &sweep[key]);
    assert_eq!(counts, [&json!(10), &json!(10), &json!(10)], "5, 17, 29 by 17, 35, 61, 191");
    assert_eq!(sweep["progress"]["percent"], 100.0);
    let (_, results) = Sweeps(&app).get(id(&sweep), "/results").await;
    assert_eq!((results["total"].as_u64(), items(&results).len()), (Some(10), 10));
    for row in items(&results) {
        let mut body = crossover();
        body["params"] = row["params"].clone();
        let run = app.run_backtest(&body).await;
        let (_, metrics) = app.get_json(&format!("/backtests/{}/metrics", id(&run))).await;
        for (key, value) in row["metrics"].as_object().unwrap() {
            assert_eq!(value, &metrics[key], "{key} of {}", row["params"]);
        }
    }
    let best = &items(&results)[0];
    assert_eq!(sweep["best"]["params"], best["params"], "best first");
    assert_eq!(sweep["best"]["metrics"]["sharpe"], best["metrics"]["sharpe"]);
    let deflated = sweep["deflated_sharpe"].as_f64().unwrap();
    assert!(deflated > 0.0 && deflated < best["metrics"]["psr"].as_f64().unwrap(), "{deflated}");
}

#[tokio::test]
async fn rows_are_sorted_filtered_and_paged() {
    let app = TestApp::start().await;
    let sweeps = Sweeps(&app);
    let mut body = grid();
    body["filters"] = json!([{"metric": "trades", "op": "gte", "value": 20}]);
    body["objective"] = json!("max_drawdown");
    let sweep = sweeps.run(&body).await;
    let column = |page: &Value, pointer: &str| -> Vec<f64> {
        items(page).iter().map(|row| row.pointer(pointer).unwrap().as_f64().unwrap()).collect()
    };
    let page = |rest: &'static str| {
        let (sweeps, id) = (Sweeps(&app), id(&sweep).to_owned());
        async move { sweeps.get(&id, &format!("/results{rest}")).await.1 }
    };
    let passing = page("").await;
    let falls = column(&passing, "/metrics/max_drawdown");
    assert!(falls.is_sorted() && !falls.is_empty(), "the least first: {falls:?}");
    assert_eq!(sweep["best"]["metrics"]["max_drawdown"].as_f64(), Some(falls[0]));
    assert!(column(&passing, "/metrics/trades").iter().all(|trades| *trades >= 20.0));
    let all = page("?filtered=false&sort=-sharpe").await;
    assert_eq!(all["total"], 10);
    assert!((passing["total"].as_u64().unwrap()) < 10, "a filter leaves some out");
    assert!(column(&all, "/metrics/sharpe").is_sorted_by(|a, b| a >= b));
    let by_fast = page("?filtered=false&sort=params.fast").await;
    assert!(column(&by_fast, "/params/fast").is_sorted());
    let first = page("?filtered=false&sort=-sharpe&limit=4").await;
    let cursor = first["next_cursor"].as_str().unwrap();
    let rest = format!("/results?filtered=false&sort=-sharpe&limit=6&cursor={cursor}");
    let (_, second) = sweeps.get(id(&sweep), &rest).await;
    assert_eq!([items(&first), items(&second)].concat(), items(&all));
    assert_eq!(second["next_cursor"], Value::Null);
    for wrong in ["?sort=nonsense", "?sort=params.length", "?limit=0", "?x=1", "?format=xml"] {
        let (status, _) = sweeps.get(id(&sweep), &format!("/results{wrong}")).await;
        assert_eq!(status, 422, "{wrong}");
    }
    let csv = app.get(&format!("/api/v1/sweeps/{}/results?format=csv", id(&sweep))).await;
    let text = csv.text().await.unwrap();
    assert!(text.starts_with("combination,params.fast,params.slow,bars,"), "{text}");
    assert_eq!(text.lines().count() as u64, 1 + passing["total"].as_u64().unwrap());
}

#[tokio::test]
async fn a_heatmap_has_the_values_of_the_results() {
    let app = TestApp::start().await;
    let (sweeps, sweep) = (Sweeps(&app), Sweeps(&app).run(&grid()).await);
    let (_, results) = sweeps.get(id(&sweep), "/results").await;
    let (status, map) = sweeps.get(id(&sweep), "/heatmap?x=fast&y=slow&metric=sharpe").await;
    assert_eq!(status, 200, "{map}");
    assert_eq!((&map["x"], &map["y"]), (&json!([5, 17, 29]), &json!([17, 35, 61, 191])));
    let mut shown = 0;
    for (yi, slow) in map["y"].as_array().unwrap().iter().enumerate() {
        for (xi, fast) in map["x"].as_array().unwrap().iter().enumerate() {
            let params = json!({"fast": fast, "slow": slow});
            let row = items(&results).iter().find(|row| row["params"] == params);
            let expected = row.map_or(&Value::Null, |row| &row["metrics"]["sharpe"]);
            assert_eq!(&map["z"][yi][xi], expected, "{params}");
            shown += usize::from(row.is_some());
        }
    }
    assert_eq!(shown, 10);
    let (_, turned) = sweeps.get(id(&sweep), "/heatmap?x=slow&y=fast&metric=trades").await;
    assert_eq!(turned["z"][0].as_array().unwrap().len(), 4);
    for wrong in ["", "?x=fast", "?x=fast&y=fast", "?x=fast&y=slow&metric=x", "?x=fast&y=slow&z=1"]
    {
        let (status, problem) = sweeps.get(id(&sweep), &format!("/heatmap{wrong}")).await;
        assert_eq!((status, &problem["code"]), (422, &json!("validation_error")), "{wrong}");
    }
}

/// Rows, table and resource of a sweep that is run on so many threads.
async fn on_threads(threads: usize) -> [String; 3] {
    let threads = NonZeroUsize::new(threads).unwrap();
    let app = TestApp::over(&[], |adapters| {
        let sweep_runner = Arc::new(InProcessSweeps::new(adapters.datasets.clone(), threads));
        tapedeck::Adapters { sweep_runner, ..adapters }
    })
    .await;
    let mut body = grid();
    body["parameters"]["slow"] = json!({"from": 35, "to": 191, "step": 13});
    body["parameters"]["fast"] = json!({"from": 5, "to": 29, "step": 4});
    body["search"] = json!({"kind": "random", "samples": 40, "seed": 7});
    let sweep = Sweeps(&app).run(&body).await;
    assert_eq!(sweep["combinations_total"], 40);
    let text = |rest: &str| {
        let (app, path) = (&app, format!("/api/v1/sweeps/{}{rest}", id(&sweep)));
        async move { app.get(&path).await.text().await.unwrap() }
    };
    let told = ["best", "deflated_sharpe", "input_hash"].map(|key| sweep[key].to_string());
    [text("/results").await, text("/results?format=csv").await, told.concat()]
}

#[tokio::test]
async fn the_number_of_threads_changes_no_byte() {
    let alone = on_threads(1).await;
    assert_eq!(alone, on_threads(2).await);
    assert_eq!(alone, on_threads(5).await);
}

#[tokio::test]
async fn a_sweep_is_no_backtest_and_a_backtest_no_sweep() {
    let app = TestApp::start().await;
    let sweeps = Sweeps(&app);
    let (sweep, run) = (sweeps.run(&grid()).await, app.run_backtest(&crossover()).await);
    for rest in ["", "/metrics", "/trades", "/manifest", "/stream"] {
        let (status, problem) = app.get_json(&format!("/backtests/{}{rest}", id(&sweep))).await;
        assert_eq!((status, &problem["code"]), (404, &json!("backtest_not_found")), "{rest}");
    }
    for rest in ["", "/results", "/heatmap?x=fast&y=slow"] {
        for unknown in [id(&run), "none", "0199a3c2-7d1e-7c4b-9a57-2f6f0b8f6a11"] {
            let (status, problem) = sweeps.get(unknown, rest).await;
            assert_eq!((status, &problem["code"]), (404, &json!("not_found")), "{rest}");
            assert_eq!(problem["detail"], "no sweep has this id");
        }
    }
    for path in ["/api/v1/backtests", "/api/v1/sweeps"] {
        let (_, list) = app.get_json(&format!("{path}?include_total=true")).await;
        assert_eq!((list["total"].as_u64(), items(&list).len()), (Some(1), 1), "{path}");
    }
    let (_, listed) = app.get_json("/api/v1/sweeps?strategy_id=sma_crossover").await;
    assert_eq!(items(&listed)[0], sweeps.get(id(&sweep), "").await.1);
    for (method, path) in [("POST", "/cancel"), ("DELETE", "")] {
        let url = app.url(&format!("/api/v1/backtests/{}{path}", id(&sweep)));
        let response = app.client.request(method.parse().unwrap(), url).send().await.unwrap();
        assert_eq!(response.status().as_u16(), 404, "{method}");
    }
}

#[tokio::test]
async fn equal_sweeps_are_run_once_and_a_removed_one_again() {
    let app = TestApp::start().await;
    let sweeps = Sweeps(&app);
    let request = app.client.post(app.url("/api/v1/sweeps")).json(&grid());
    let response = request.header("prefer", "wait=30").send().await.unwrap();
    assert_eq!(response.status().as_u16(), 200);
    let location = response.headers()["location"].to_str().unwrap().to_owned();
    let first: Value = response.json().await.unwrap();
    assert_eq!(
        (first["status"].as_str(), location.rsplit('/').next()),
        (Some("succeeded"), first["id"].as_str())
    );
    let (status, again) = sweeps.post(&grid()).await;
    assert_eq!((status, &again["deduplicated"], &again["id"]), (200, &json!(true), &first["id"]));
    assert_eq!(again["best"], first["best"]);
    let mut other = grid();
    other["filters"] = json!([{"metric": "trades", "op": "gt", "value": 1}]);
    assert_eq!(sweeps.post(&other).await.0, 202, "another plan is another sweep");

    let keyed = |body: Value| {
        let request = app.client.post(app.url("/api/v1/sweeps")).json(&body);
        let request = request.header("idempotency-key", "k");
        async move { request.send().await.unwrap() }
    };
    assert_eq!(keyed(grid()).await.status().as_u16(), 202);
    let replayed = keyed(grid()).await;
    assert_eq!(
        (replayed.status().as_u16(), &replayed.headers()["idempotent-replayed"]),
        (200, &"true".parse().unwrap())
    );
    assert_eq!(keyed(other).await.status().as_u16(), 409);

    let gone = app.client.delete(app.url(&location)).send().await.unwrap();
    assert_eq!(gone.status().as_u16(), 204);
    assert_eq!(sweeps.get(id(&first), "").await.0, 404);
    assert!(!app.data_dir().join("sweeps").join(id(&first)).join("rows.parquet").exists());
}

#[tokio::test]
async fn every_fault_of_a_sweep_is_named() {
    let app = TestApp::with(&[
        ("TAPEDECK__SWEEP__MAX_COMBINATIONS", "9"),
        ("TAPEDECK__SWEEP__MAX_VALUES", "50"),
    ])
    .await;
    let sweeps = Sweeps(&app);
    let changed = |pointer: &str, value: Value| {
        let mut body = grid();
        *body.pointer_mut(pointer).unwrap() = value;
        body
    };
    let found = sweeps.faults(&grid()).await;
    assert_eq!(found[0].0, "/parameters");
    assert!(
        found[0].1.contains("10 combinations") && found[0].1.contains("at most 9"),
        "{found:?}"
    );
    let absurd = json!({"from": 1, "to": 10000, "step": 1e-300});
    let found = sweeps.faults(&changed("/parameters/fast", absurd)).await;
    assert!(found[0].0 == "/parameters/fast" && found[0].1.contains("at most 50"), "{found:?}");
    for (pointer, value, at) in [
        ("/parameters", json!({}), "/parameters"),
        ("/parameters", json!({"length": {"values": [1]}}), "/parameters/length"),
        ("/parameters/fast", json!({"values": []}), "/parameters/fast/values"),
        ("/parameters/fast", json!({"values": [5, 1.5]}), "/parameters/fast/values/1"),
        ("/parameters/fast", json!({"values": [5, 0]}), "/parameters/fast/values/1"),
        ("/parameters/fast", json!({"values": [5, 5]}), "/parameters/fast/values/1"),
        ("/parameters/fast", json!({"from": 0, "to": 5}), "/parameters/fast"),
        ("/parameters/fast", json!({"from": 6, "to": 5}), "/parameters/fast/to"),
        ("/parameters/fast", json!({"from": 5, "to": 6, "step": 0}), "/parameters/fast/step"),
        ("/parameters/slow", json!({"values": [3]}), "/parameters"),
        ("/constraints/0/left", json!("fats"), "/constraints/0/left"),
        ("/backtest/capital", json!(0), "/backtest/capital"),
        ("/backtest/from", json!("1990-01-01"), "/backtest/from"),
        ("/backtest/params", json!({"fast": 5}), "/backtest/params/fast"),
    ] {
        let mut body = grid();
        body["backtest"]["capital"] = json!(1000);
        body["backtest"]["from"] = json!("2004-01-02");
        body["backtest"]["params"] = json!({});
        *body.pointer_mut(pointer).unwrap() = value.clone();
        assert_eq!(sweeps.faults(&body).await[0].0, at, "{pointer} {value}");
    }
    for (member, value, at) in [
        ("objective", json!("profit"), "/objective"),
        ("filters", json!([{"metric": "profit", "op": "gt", "value": 1}]), "/filters/0/metric"),
        ("search", json!({"kind": "random", "samples": 10}), "/search/samples"),
        ("search", json!({"kind": "random", "samples": 0}), "/search/samples"),
    ] {
        let mut body = grid();
        body[member] = value;
        assert_eq!(sweeps.faults(&body).await[0].0, at);
    }
    let mut unknown = grid();
    unknown["backtest"]["strategy_id"] = json!("none");
    let (status, problem) = sweeps.post(&unknown).await;
    assert_eq!((status, &problem["code"]), (404, &json!("strategy_not_found")));
}

#[tokio::test]
async fn what_the_strategy_cannot_take_is_left_out_and_counted() {
    let app = TestApp::start().await;
    let mut body = grid();
    body.as_object_mut().unwrap().remove("constraints");
    let sweep = Sweeps(&app).run(&body).await;
    let counts = [&sweep["combinations_total"], &sweep["combinations_excluded"]];
    assert_eq!(counts, [&json!(10), &json!(2)], "17 by 17 and 29 by 17");
    body["parameters"].as_object_mut().unwrap().remove("slow");
    body["backtest"]["params"] = json!({"slow": 17});
    let fixed = Sweeps(&app).run(&body).await;
    assert_eq!((&fixed["params"], &fixed["combinations_total"]), (&json!({"slow": 17}), &json!(1)));
    assert_eq!(fixed["deflated_sharpe"], Value::Null);
    assert_eq!(fixed["undefined"], json!({"deflated_sharpe": "too_short"}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_that_is_cancelled_in_the_middle_keeps_its_rows() {
    let app = TestApp::start().await;
    let sweeps = Sweeps(&app);
    app.generate("walk", 200_000).await;
    let body = json!({
        "backtest": {"dataset_id": "walk", "strategy_id": "sma_crossover"},
        "parameters": {"fast": {"from": 2, "to": 51}, "slow": {"from": 60, "to": 199}},
    });
    let (_, posted) = sweeps.post(&body).await;
    let sweep = id(&posted);
    let mut seen = 0;
    while seen == 0 {
        let (_, now) = sweeps.get(sweep, "").await;
        assert!(now["status"] == "queued" || now["status"] == "running", "{now}");
        seen = now["combinations_done"].as_u64().unwrap();
        let (status, problem) = sweeps.get(sweep, "/results").await;
        assert_eq!((status, &problem["code"]), (409, &json!("not_ready")));
        let deleted = app.client.delete(app.url(&format!("/api/v1/sweeps/{sweep}"))).send().await;
        assert_eq!(deleted.unwrap().status().as_u16(), 409);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let cancel = app.client.post(app.url(&format!("/api/v1/sweeps/{sweep}/cancel")));
    let answer = cancel.send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 202);
    let ended = sweeps.end(sweep).await;
    assert_eq!((&ended["status"], &ended["partial"]), (&json!("cancelled"), &json!(true)));
    let (_, results) = sweeps.get(sweep, "/results?limit=10000").await;
    let rows = items(&results).len() as u64;
    assert!(rows >= seen && rows < 7_000, "{rows} of 7000, {seen} were seen");
    assert_eq!((results["partial"].as_bool(), ended["trials"].as_u64()), (Some(true), Some(rows)));
    assert!(ended["best"]["params"]["fast"].is_number(), "{ended}");
}
