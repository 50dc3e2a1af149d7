//! What finished backtests left behind: formats, entity tags, logs, tear sheet, state.

mod support;

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};
use support::{Endless, finished, post};
use tapedeck_domain::report::{CheckResult, LogLevel, LogLine, Report};
use tapedeck_domain::spec::Check;
use tapedeck_tests::{TestApp, crossover};

const RESULTS: [&str; 9] =
    ["metrics", "trades", "orders", "fills", "equity", "logs", "manifest", "report", "state?bar=0"];

#[tokio::test]
async fn tables_say_the_same_in_every_format() {
    let app = TestApp::start().await;
    let (_, path) = finished(&app).await;
    for table in ["trades", "orders", "fills", "equity", "logs"] {
        let url = format!("{path}/{table}");
        let (_, page) = app.get_json(&url).await;
        let items = page["items"].as_array().unwrap();
        let ndjson = app.get(&format!("{url}?format=ndjson")).await;
        assert_eq!(ndjson.headers()["content-type"], "application/x-ndjson");
        let text = ndjson.text().await.unwrap();
        let lines: Vec<Value> = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
        assert_eq!(&lines, items, "{table}");
        let csv = app.get(&format!("{url}?format=csv")).await.text().await.unwrap();
        assert_eq!(csv.lines().count(), items.len() + 1, "{table}");

        let parquet = || async {
            let request = app.client.get(app.url(&url));
            let request = request.header("accept", "application/vnd.apache.parquet");
            let response = request.send().await.unwrap();
            let kind = response.headers()["content-type"].clone();
            assert_eq!(kind, "application/vnd.apache.parquet", "{table}");
            response.bytes().await.unwrap()
        };
        let (first, second) = (parquet().await, parquet().await);
        assert_eq!(first, second, "{table}: equal requests, equal bytes");
        assert!(first.starts_with(b"PAR1") && first.ends_with(b"PAR1"), "{table}");
        let (status, problem) = app.get_json(&format!("{url}?format=xml")).await;
        assert_eq!((status, problem["code"].as_str()), (422, Some("validation_error")));
    }
    let few = app.get(&format!("{path}/equity?format=ndjson&max_points=50")).await;
    let lines = few.text().await.unwrap().lines().count();
    assert!((10..=50).contains(&lines), "{lines} points");
}

#[tokio::test]
async fn a_client_that_has_a_result_is_told_so() {
    let app = TestApp::start().await;
    let (id, path) = finished(&app).await;
    let diff = format!("diff/{id}");
    let mut tags = BTreeSet::new();
    let more = ["trades?format=csv", "trades?limit=3", "equity?max_points=9", diff.as_str()];
    for result in RESULTS.iter().chain(&more) {
        let url = app.url(&format!("{path}/{result}"));
        let first = app.client.get(&url).send().await.unwrap();
        assert_eq!(first.status(), 200, "{result}");
        let tag = first.headers()["etag"].to_str().unwrap().to_owned();
        assert!(tag.starts_with('"') && tag.ends_with('"'), "{tag} is strong");
        assert!(first.headers()["cache-control"].to_str().unwrap().contains("immutable"));
        assert!(tags.insert(tag.clone()), "{result} has a tag of its own");
        let body = first.bytes().await.unwrap();
        let again = app.client.get(&url).header("if-none-match", &tag).send().await.unwrap();
        assert_eq!(
            (again.status().as_u16(), &again.headers()["etag"]),
            (304, &tag.parse().unwrap())
        );
        assert!(again.bytes().await.unwrap().is_empty());
        let other = app.client.get(&url).header("if-none-match", "\"other\"").send().await.unwrap();
        assert_eq!(other.status(), 200, "{result}");
        assert_eq!(other.bytes().await.unwrap(), body, "{result}: the same bytes again");
    }
    let request = app.client.get(app.url(&format!("{path}/trades"))).header("accept", "text/csv");
    let csv = request.send().await.unwrap();
    assert!(tags.insert(csv.headers()["etag"].to_str().unwrap().to_owned()), "a tag a format");
}

#[tokio::test]
async fn what_is_unknown_or_has_not_ended_has_no_results() {
    let app = TestApp::over(&[], |adapters| {
        support::with_runner(adapters, |runner| Arc::new(Endless { runner, bars: 0 }))
    })
    .await;
    let (_, running) = app.post_backtest(&crossover()).await;
    let running = running["id"].as_str().unwrap().to_owned();
    let unknown = "01890000-0000-7000-8000-000000000000";
    for (id, status, code) in [
        (running.as_str(), 409, "not_ready"),
        (unknown, 404, "backtest_not_found"),
        ("none", 404, "backtest_not_found"),
    ] {
        let diffs = [format!("diff/{running}"), format!("diff/{unknown}")];
        let diff = if id == running { &diffs[0] } else { &diffs[1] };
        for result in RESULTS.iter().copied().chain([diff.as_str()]) {
            let (found, problem) = app.get_json(&format!("/api/v1/backtests/{id}/{result}")).await;
            assert_eq!((found, problem["code"].as_str()), (status, Some(code)), "{id}/{result}");
        }
        for action in ["rerun", "verify"] {
            let (found, problem) = post(&app, &format!("/api/v1/backtests/{id}/{action}")).await;
            assert_eq!((found, problem["code"].as_str()), (status, Some(code)), "{id}/{action}");
        }
    }
}

#[tokio::test]
async fn what_a_run_had_to_say_is_served_by_level() {
    let app = TestApp::over(&[], |adapters| {
        support::with_reports(adapters, |report: &mut Report| {
            let line =
                |bar, level, message: &str| LogLine { bar, level, message: message.to_owned() };
            report.log = vec![
                line(1, LogLevel::Info, "it began"),
                line(7, LogLevel::Warn, "a \"stop\", and\na target"),
            ];
            report.log_dropped = 5;
        })
    })
    .await;
    let (_, path) = finished(&app).await;
    let (_, logs) = app.get_json(&format!("{path}/logs?level=warn")).await;
    assert_eq!((&logs["total"], &logs["dropped"]), (&json!(1), &json!(5)));
    let expected = json!({
        "bar": 7, "time": "2000-03-10T00:00:00Z", "level": "warn",
        "message": "a \"stop\", and\na target",
    });
    assert_eq!(logs["items"], json!([expected]));
    let (_, page) = app.get_json(&format!("{path}/logs?limit=1")).await;
    assert_eq!((&page["items"][0]["message"], &page["total"]), (&json!("it began"), &json!(2)));
    assert!(page["next_cursor"].is_string());
    let csv = app.get(&format!("{path}/logs?format=csv")).await.text().await.unwrap();
    assert!(csv.ends_with("warn,\"a \"\"stop\"\", and\na target\"\r\n"), "{csv}");
    assert_eq!(app.get(&format!("{path}/logs?level=loud")).await.status(), 422);
}

#[tokio::test]
async fn the_tear_sheet_stands_alone_and_escapes_every_text() {
    let app = TestApp::over(&[], |adapters| {
        support::with_reports(adapters, |report: &mut Report| {
            report.checks = vec![CheckResult {
                check: Check::Lookahead,
                passed: false,
                samples: 1,
                first_bar: None,
                detail: "<script>alert(1)</script>".to_owned(),
            }];
        })
    })
    .await;
    let (id, path) = finished(&app).await;
    let response = app.get(&format!("{path}/report")).await;
    let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.starts_with("default-src 'none';") && !policy.contains("unsafe"), "{policy}");
    assert!(!policy.contains("script-src"), "{policy}");
    assert!(response.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
    let text = response.text().await.unwrap();
    assert!(text.contains("&lt;script&gt;alert(1)") && !text.contains("<script"), "escaped");
    for loaded in ["//", "src=", "href=", "url(", " style=", "onload"] {
        assert!(!text.contains(loaded), "the page has `{loaded}`");
    }
    let (_, metrics) = app.get_json(&format!("{path}/metrics")).await;
    assert_eq!(metrics["trades"], 30);
    for shown in ["All 30 trades", "Monthly returns", "Drawdown", "bought and held", &id] {
        assert!(text.contains(shown), "the page lacks `{shown}`");
    }
    let total = format!("{:.2}\u{a0}%", metrics["total_return"].as_f64().unwrap() * 100.0);
    assert!(text.contains(&total), "the page lacks {total}");
    assert!(!text.contains("Partial:"));
}

#[tokio::test]
async fn what_a_run_left_that_timed_out_is_marked_and_cannot_be_verified() {
    let app = TestApp::over(&[], |adapters| {
        support::with_runner(adapters, |runner| Arc::new(Endless { runner, bars: 1_000 }))
    })
    .await;
    let mut body = crossover();
    body["limits"] = json!({"timeout_ms": 1});
    let end = app.run_backtest(&body).await;
    assert_eq!(end["status"], "timed_out", "{end}");
    let path = format!("/api/v1/backtests/{}", end["id"].as_str().unwrap());
    for result in ["metrics", "trades", "equity", "logs", "state?bar=999"] {
        let (status, body) = app.get_json(&format!("{path}/{result}")).await;
        assert_eq!((status, &body["partial"]), (200, &json!(true)), "{result}");
    }
    assert_eq!(app.get(&format!("{path}/state?bar=1000")).await.status(), 400);
    let report = app.get(&format!("{path}/report")).await.text().await.unwrap();
    assert!(report.contains("Partial: the run is timed_out, and ended after 1,000 of 3,270 bars."));
    let (status, problem) = post(&app, &format!("{path}/verify")).await;
    assert_eq!((status, problem["code"].as_str()), (409, Some("conflict")));
    let (status, again) = post(&app, &format!("{path}/rerun")).await;
    assert_eq!((status, &again["rerun_of"]), (202, &end["id"]), "it may be repeated");
}

#[tokio::test]
async fn the_state_of_a_bar_is_rebuilt_with_what_the_rules_saw() {
    let app = TestApp::start().await;
    let mut body = crossover();
    body["risk"] = json!({"stop_loss": 0.2});
    let done = app.run_backtest(&body).await;
    let path = format!("/api/v1/backtests/{}", done["id"].as_str().unwrap());
    let trade = app.get_json(&format!("{path}/trades")).await.1["items"][0].clone();
    let entry = trade["entry_bar"].as_u64().unwrap();
    let at = |bar: u64| {
        let (app, path) = (&app, &path);
        async move { app.get_json(&format!("{path}/state?bar={bar}")).await.1 }
    };
    let signal = at(entry - 1).await;
    assert_eq!((&signal["position"], &signal["open_trade"]), (&json!(0.0), &Value::Null));
    assert_eq!(signal["rules"]["entry"]["truth"], true, "{signal}");
    assert_eq!(signal["working_orders"].as_array().unwrap().len(), 1, "the entry waits");
    let fast = signal["indicators"]["fast"].as_f64().unwrap();
    assert!(fast > signal["indicators"]["slow"].as_f64().unwrap());

    let entered = at(entry).await;
    assert_eq!(entered["position"], 100.0);
    assert_eq!(entered["open_trade"]["entry_price"], trade["entry_price"]);
    assert_eq!(entered["fills"].as_array().unwrap().len(), 1);
    let stop = &entered["working_orders"][0];
    assert_eq!((&stop["kind"], &stop["status"]), (&json!("stop"), &json!("working")));
    let (_, equity) = app.get_json(&format!("{path}/equity")).await;
    let row = &equity["items"][entry as usize];
    for name in ["time", "equity", "cash", "position", "drawdown"] {
        assert_eq!(entered[name], row[name], "{name}");
    }
    let left = at(trade["exit_bar"].as_u64().unwrap()).await;
    assert_eq!((&left["position"], &left["working_orders"]), (&json!(0.0), &json!([])));

    let by_time = format!("{path}/state?at={}", trade["entry_time"].as_str().unwrap());
    assert_eq!(app.get_json(&by_time).await.1, entered);
    let first = at(0).await;
    assert_eq!(first["indicators"]["fast"], Value::Null, "not warm yet");
    assert_eq!(first["rules"]["entry"]["defined"], false);
}

#[tokio::test]
async fn a_bar_that_is_not_there_is_refused_with_those_that_are() {
    let app = TestApp::start().await;
    let (_, path) = finished(&app).await;
    for query in ["bar=3270", "bar=-1", "at=1999-12-31", "at=2013-03-02"] {
        let (status, problem) = app.get_json(&format!("{path}/state?{query}")).await;
        assert_eq!((status, problem["code"].as_str()), (400, Some("out_of_range")), "{query}");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains("0 to 3269") && detail.contains("2013-03-01"), "{detail}");
    }
    for query in ["", "bar=1&at=2001-01-01", "bar=one", "bar=1.5", "at=then", "bars=1"] {
        let (status, problem) = app.get_json(&format!("{path}/state?{query}")).await;
        assert_eq!((status, problem["code"].as_str()), (422, Some("validation_error")), "{query}");
    }
    assert_eq!(app.get(&format!("{path}/state?at=2001-01-06")).await.status(), 200, "a weekend");
}

#[tokio::test]
async fn every_statistic_of_a_run_is_defined() {
    let app = TestApp::start().await;
    let (_, path) = finished(&app).await;
    let (status, definitions) = app.get_json("/api/v1/metric-definitions").await;
    assert_eq!((status, &definitions["next_cursor"]), (200, &Value::Null));
    let items = definitions["items"].as_array().unwrap();
    for name in ["key", "group", "formula", "unit", "source"] {
        assert!(items.iter().all(|item| !item[name].as_str().unwrap().is_empty()), "{name}");
    }
    let defined: BTreeSet<&str> = items.iter().map(|item| item["key"].as_str().unwrap()).collect();
    let (_, metrics) = app.get_json(&format!("{path}/metrics")).await;
    let apart = ["start", "end", "periods_per_year", "long", "short", "open_trade", "undefined"];
    for key in metrics.as_object().unwrap().keys().filter(|key| !apart.contains(&key.as_str())) {
        assert!(defined.contains(key.as_str()), "{key}");
    }
    let of = |key: &str| items.iter().find(|item| item["key"] == key).unwrap();
    assert_eq!(of("sharpe")["source"], "empyrical");
    assert_eq!(
        (&of("win_rate")["group"], &of("win_rate")["unit"]),
        (&json!("trades"), &json!("fraction"))
    );
    assert_eq!(app.get("/api/v1/metric-definitions?x=1").await.status(), 422);
}
