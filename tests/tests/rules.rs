//! Rules that come with a request.

use serde_json::{Value, json};
use tapedeck_tests::{TestApp, binary, crossover};

fn fixture(name: &str) -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/oracle/").to_owned() + name;
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// 100 units of a rule set.
fn body(rules: &Value, params: &Value, commission: &Value) -> Value {
    json!({
        "dataset_id": "aapl-1d",
        "rules": rules,
        "params": params,
        "sizing": {"kind": "fixed_quantity", "value": 100},
        "costs": {"commission_bps": commission.as_f64().unwrap() * 1e4},
    })
}

fn with(rules: &Value) -> Value {
    body(rules, &json!({}), &json!(0))
}

/// The crossover of the reference results as rules.
fn crossing() -> Value {
    json!({
        "indicators": {"fast": {"kind": "sma", "length": 20}, "slow": {"kind": "sma", "length": 50}},
        "entry": {"all": [{"op": "crosses_above", "left": "fast", "right": "slow"}]},
        "exit": {"all": [{"op": "crosses_below", "left": "fast", "right": "slow"}]},
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nested_rule_set_with_parameters_trades_as_the_reference_says() {
    let (app, reference) = (TestApp::start().await, fixture("rules/r1_trend_pullback_AAPL.json"));
    for run in reference["runs"].as_array().unwrap() {
        let body = body(&reference["rules"], &run["params_sent"], &run["commission"]);
        let done = app.run_backtest(&body).await;
        assert_eq!(done["status"], "succeeded", "{done}");
        assert_eq!(done["strategy"]["id"], "inline");
        assert_eq!(done["strategy"]["version"], 1);
        for (name, value) in run["params"].as_object().unwrap() {
            assert_eq!(done["params"][name].as_f64(), value.as_f64(), "{name}");
        }
        assert_eq!(done["metrics"]["trades"], run["n_trades"]);
        let (end, expected) = (&done["metrics"]["end_equity"], &run["final_equity"]);
        assert!((end.as_f64().unwrap() - expected.as_f64().unwrap()).abs() < 1e-6, "{end}");
        let summary = done["strategy"]["summary"].as_str().unwrap();
        assert!(summary.starts_with("Enter long when close is above EMA(50)"), "{summary}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_distances_of_the_rules_hold_unless_the_request_says_others() {
    let app = TestApp::start().await;
    let mut rules = crossing();
    rules["params"] = json!({"stop": {"type": "number", "min": 0, "max": 0.5, "default": 0.05}});
    rules["risk"] = json!({"stop_loss": {"param": "stop"}, "take_profit": 0.2});
    let mut body = with(&rules);
    body["params"] = json!({"stop": 0.02});
    body["risk"] = json!({"take_profit": 0.04});
    let by_rules = app.run_backtest(&body).await;
    assert_eq!(by_rules["risk"]["stop_loss"], 0.02);
    assert_eq!(by_rules["risk"]["take_profit"], 0.04);
    assert_eq!(by_rules["risk"]["trailing_stop"], Value::Null);
    let mut named = crossover();
    named["costs"]["commission_bps"] = json!(0);
    named["risk"] = json!({"stop_loss": 0.02, "take_profit": 0.04});
    let by_name = app.run_backtest(&named).await;
    assert_eq!(by_rules["metrics"], by_name["metrics"]);
    assert_ne!(by_rules["input_hash"], by_name["input_hash"]);

    body["params"]["stop"] = json!(0);
    let (status, problem) = app.post_backtest(&body).await;
    assert_eq!((status, &problem["errors"][0]["pointer"]), (422, &json!("/params/stop")));
}

#[tokio::test(flavor = "multi_thread")]
async fn equal_rules_are_one_run_however_they_are_written() {
    let app = TestApp::start().await;
    let first = app.run_backtest(&with(&crossing())).await;
    let mut spelled_out = crossing();
    spelled_out["indicators"]["fast"] = json!({"length": 20.0, "source": "close", "kind": "sma"});
    spelled_out["entry_short"] = Value::Null;
    spelled_out["risk"] = json!({});
    let (status, second) = app.post_backtest(&with(&spelled_out)).await;
    assert_eq!((status, &second["id"]), (200, &first["id"]));
    assert_eq!(second["deduplicated"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_of_rules_is_a_422_that_says_where() {
    let app = TestApp::start().await;
    let deep = |depth| {
        (0..depth).fold(json!({"op": "gt", "left": "close", "right": 1}), |inner, _| {
            Value::Object([("not".to_owned(), inner)].into_iter().collect())
        })
    };
    let too_deep = format!("/rules/exit{}", "/not".repeat(16));
    let cases = [
        ("", json!([]), "/rules"),
        ("", json!({}), "/rules/entry"),
        ("/indicators/fast/length", json!(0), "/rules/indicators/fast/length"),
        ("/indicators/fast/length", json!("NaN"), "/rules/indicators/fast/length"),
        ("/indicators/fast/length", json!(1e300), "/rules/indicators/fast/length"),
        ("/indicators/fast/kind", json!("smaa"), "/rules/indicators/fast/kind"),
        (
            "/indicators/fast",
            json!({"kind": "sma", "length": 2, "source": "slow"}),
            "/rules/indicators/fast/source",
        ),
        ("/entry/all/0/left", json!("fats"), "/rules/entry/all/0/left"),
        ("/entry/all/0/left", json!({"param": "n"}), "/rules/entry/all/0/left/param"),
        ("/entry/all/0/op", json!(">"), "/rules/entry/all/0/op"),
        ("/exit/all", json!([]), "/rules/exit/all"),
        ("/exit", deep(17), too_deep.as_str()),
    ];
    for (place, value, pointer) in cases {
        let mut rules = crossing();
        *rules.pointer_mut(place).unwrap() = value;
        let (status, problem) = app.post_backtest(&with(&rules)).await;
        assert_eq!((status, &problem["code"]), (422, &json!("validation_error")), "{problem}");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
    let mut rules = crossing();
    rules["exit"] = deep(1_000);
    let (status, problem) = app.post_backtest(&with(&rules)).await;
    assert_eq!(status, 422, "{problem}");
    let detail = problem["errors"][0]["detail"].as_str().unwrap();
    assert!(detail.starts_with("nested too deep"), "{detail}");
    assert_eq!(app.get_json("/api/v1/backtests").await.1["items"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_built_in_strategy_runs_with_its_defaults_in_both_directions() {
    let app = TestApp::start().await;
    let (_, listed) = app.get_json("/api/v1/strategies").await;
    let items = listed["items"].as_array().unwrap();
    assert_eq!(items.len(), 8);
    for strategy in items {
        let body = json!({
            "dataset_id": "aapl-1d", "strategy_id": strategy["id"], "direction": "both",
        });
        let done = app.run_backtest(&body).await;
        assert_eq!(done["status"], "succeeded", "{done}");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::disallowed_methods, reason = "starts the binary")]
async fn the_command_line_takes_rules_from_a_file() {
    let app = TestApp::start().await;
    let path = app.data_dir().join("rules.json");
    std::fs::write(&path, crossing().to_string()).unwrap();
    let run = |rules: &std::path::Path| {
        let mut command = tokio::process::Command::new(binary());
        command.args(["backtest", "run", "--dataset", "aapl-1d", "--quantity", "100", "--json"]);
        command.arg("--rules").arg(rules).env("TAPEDECK_DATA_DIR", app.data_dir());
        command
    };
    let output = run(&path).output().await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let resource: Value = serde_json::from_slice(&output.stdout).unwrap();
    let by_server = app.run_backtest(&with(&crossing())).await;
    assert_eq!(resource["metrics"]["end_equity"], by_server["metrics"]["end_equity"]);
    std::fs::write(&path, "{\"entry\": 1}").unwrap();
    let output = run(&path).output().await.unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("/rules/entry: must be an object"), "{said}");
}
