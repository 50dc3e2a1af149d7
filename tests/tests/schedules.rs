//! What the server does by itself: seen and changed over HTTP, by several processes.
#![expect(clippy::disallowed_methods, reason = "these tests start the binary")]

#[path = "cluster/cluster.rs"]
#[expect(dead_code, reason = "shared with the tests of several processes")]
mod cluster;
#[path = "../../crates/postgres/tests/support/mod.rs"]
#[expect(dead_code, reason = "shared with the tests of the adapter")]
mod support;
#[path = "support/mod.rs"]
mod tampered;

use std::collections::BTreeSet;
use std::process::Command;
use std::time::Duration;

use cluster::{Cluster, PATIENCE, Process};
use serde_json::{Value, json};
use tapedeck_domain::time::{SECOND_NS, Timestamp};
use tapedeck_tests::{TestApp, binary, crossover};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

async fn post(app: &TestApp, path: &str, body: &str) -> (u16, Value) {
    let request = app.client.post(app.url(path)).body(body.to_owned());
    let request = request.header("x-request-id", "by-the-test");
    let response = request.header("content-type", "application/json").send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

/// Asks for a run and waits for its end.
async fn run(app: &TestApp, name: &str) -> Value {
    let (status, queued) = post(app, &format!("/api/v1/schedules/{name}/trigger"), "").await;
    assert_eq!((status, &queued["cause"]), (202, &json!("request")), "{queued}");
    let path = format!("/api/v1/schedules/{name}/runs");
    let ended = async {
        loop {
            let (_, page) = app.get_json(&path).await;
            let runs = page["items"].as_array().unwrap();
            let run = runs.iter().find(|run| run["id"] == queued["id"]).unwrap();
            if run["finished_at"].is_string() {
                return run.clone();
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PATIENCE, ended).await.unwrap()
}

#[tokio::test]
async fn schedules_are_listed_and_say_when_they_are_due() {
    let app = TestApp::with(&[
        ("TAPEDECK__SCHEDULES__TIMEZONE", "Europe/Berlin"),
        ("TAPEDECK__SCHEDULES__VERIFY_SAMPLE", "off"),
    ])
    .await;
    let (status, page) = app.get_json("/api/v1/schedules").await;
    assert_eq!((status, &page["next_cursor"]), (200, &Value::Null), "{page}");
    let items = page["items"].as_array().unwrap();
    let names: Vec<_> = items.iter().map(|item| item["name"].as_str().unwrap()).collect();
    let expected = [
        "audit_export",
        "database_maintenance",
        "market_data_refresh",
        "reap_lost_jobs",
        "retention",
        "verify_sample",
    ];
    assert_eq!(names, expected);
    let (_, retention) = app.get_json("/api/v1/schedules/retention").await;
    assert_eq!(retention["status"], "active");
    assert_eq!(
        (&retention["cron"], &retention["timezone"]),
        (&json!("0 * * * *"), &json!("Europe/Berlin"))
    );
    assert!(retention["next_at"].as_str().unwrap().ends_with(":00:00Z"), "{retention}");
    assert_eq!(
        (&items[2]["status"], &items[2]["next_at"]),
        (&json!("not_configured"), &Value::Null)
    );
    assert_eq!((&items[5]["status"], &items[5]["cron"]), (&json!("off"), &Value::Null));
    let (_, first) = app.get_json("/api/v1/schedules?limit=4").await;
    let next = first["next_cursor"].as_str().unwrap();
    let (_, second) = app.get_json(&format!("/api/v1/schedules?limit=4&cursor={next}")).await;
    assert_eq!(second["items"].as_array().unwrap().len(), 2);
    for path in ["/api/v1/schedules/lunch", "/api/v1/schedules/lunch/runs"] {
        let (status, problem) = app.get_json(path).await;
        assert_eq!((status, &problem["code"]), (404, &json!("not_found")), "{path}");
    }
    for verb in ["trigger", "pause", "resume", "acknowledge"] {
        let (status, problem) = post(&app, &format!("/api/v1/schedules/lunch/{verb}"), "").await;
        assert_eq!((status, &problem["code"]), (404, &json!("not_found")), "{verb}");
    }
    let (status, problem) = post(&app, "/api/v1/schedules/market_data_refresh/trigger", "").await;
    assert_eq!((status, &problem["code"]), (409, &json!("conflict")), "{problem}");
}

#[tokio::test]
async fn a_run_that_is_asked_for_is_done_and_in_the_history_and_in_the_trail() {
    let app = TestApp::start().await;
    let done = run(&app, "database_maintenance").await;
    assert_eq!(done["status"], "succeeded", "{done}");
    let detail = done["detail"].as_str().unwrap();
    assert!(detail.contains("quick check: ok") && detail.contains("write-ahead log"), "{detail}");
    assert_eq!((&done["request_id"], &done["tick"]), (&json!("by-the-test"), &Value::Null));
    assert!(done["duration_ms"].is_u64() && done["worker_id"].is_string(), "{done}");
    let reaped = run(&app, "reap_lost_jobs").await;
    assert_eq!(reaped["detail"], "0 running jobs, 0 of them lost");
    let retained = run(&app, "retention").await;
    assert!(retained["detail"].as_str().unwrap().starts_with("removed 0 jobs"), "{retained}");
    let (_, trail) = app.get_json("/api/v1/audit?action=schedule.trigger").await;
    assert_eq!(trail["items"].as_array().unwrap().len(), 3);
    let entry = &trail["items"][2];
    assert_eq!(entry["subject"], "schedules/database_maintenance");
    assert_eq!(
        (&entry["request_id"], &entry["after"]["run"]),
        (&json!("by-the-test"), &done["id"])
    );
}

#[tokio::test]
async fn a_pause_is_kept_with_its_reason_until_somebody_resumes() {
    let app = TestApp::start().await;
    let body = json!({"reason": "new data"}).to_string();
    let (status, paused) = post(&app, "/api/v1/schedules/retention/pause", &body).await;
    assert_eq!((status, &paused["status"]), (200, &json!("paused")), "{paused}");
    assert_eq!(
        (&paused["pause"]["reason"], &paused["next_at"]),
        (&json!("new data"), &Value::Null)
    );
    let (_, again) = post(&app, "/api/v1/schedules/retention/pause", "").await;
    assert_eq!(again["pause"], paused["pause"], "whoever paused it first is the one who did");
    let (status, problem) = post(&app, "/api/v1/schedules/retention/pause", "{\"x\":1}").await;
    assert_eq!((status, &problem["code"]), (422, &json!("validation_error")));

    let tapedeck = |args: &[&str]| {
        let mut command = Command::new(binary());
        command.env_clear().env("TAPEDECK_DATA_DIR", app.data_dir()).arg("schedules").args(args);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(tapedeck(&["list"]).contains("retention: paused, 0 * * * * (UTC)\n"));
    assert_eq!(tapedeck(&["resume", "retention"]), "resumed\n");
    assert_eq!(tapedeck(&["resume", "retention"]), "it was not paused\n");
    assert_eq!(tapedeck(&["acknowledge", "retention"]), "there was no alarm\n");
    assert!(tapedeck(&["trigger", "retention"]).starts_with("queued as "));
    let listed: Value = serde_json::from_str(&tapedeck(&["list", "--json"])).unwrap();
    assert_eq!(listed["items"][4]["status"], "active");
    let (_, trail) = app.get_json("/api/v1/audit?subject=schedules/retention").await;
    let items = trail["items"].as_array().unwrap();
    let said: Vec<_> =
        items.iter().map(|it| (it["action"].as_str(), it["actor"].as_str())).collect();
    let expected = [
        (Some("schedule.trigger"), Some("cli")),
        (Some("schedule.resume"), Some("cli")),
        (Some("schedule.pause"), Some("anonymous")),
    ];
    assert_eq!(said, expected);
}

#[tokio::test]
async fn a_repeat_that_differs_is_an_alarm_in_readiness_until_it_is_acknowledged() {
    let app = TestApp::start().await;
    let none = run(&app, "verify_sample").await;
    assert_eq!(none["detail"], "there is no backtest that succeeded");
    let id = app.run_backtest(&crossover()).await["id"].as_str().unwrap().to_owned();
    let same = run(&app, "verify_sample").await;
    assert_eq!(same["detail"], format!("backtest {id} came out the same"));
    let (_, ready) = app.get_json("/api/health/ready").await;
    assert_eq!(ready["checks"]["verification"]["status"], "up");

    let change = |report: &mut tapedeck_domain::report::Report| report.fills[3].price += 0.01;
    let app = TestApp::over(&[], |adapters| tampered::with_reports(adapters, change)).await;
    app.run_backtest(&crossover()).await;
    let alarm = run(&app, "verify_sample").await;
    assert_eq!(alarm["status"], "alarm", "{alarm}");
    let detail = alarm["detail"].as_str().unwrap();
    assert!(detail.contains("came out differently") && detail.contains("from bar"), "{detail}");
    let (status, ready) = app.get_json("/api/health/ready").await;
    let check = &ready["checks"]["verification"];
    assert_eq!((status, &check["status"]), (200, &json!("degraded")), "{ready}");
    assert!(check["detail"].as_str().unwrap().starts_with(detail), "{check}");
    let (_, schedule) = app.get_json("/api/v1/schedules/verify_sample").await;
    assert_eq!(schedule["alarm"]["id"], alarm["id"]);
    let (status, schedule) = post(&app, "/api/v1/schedules/verify_sample/acknowledge", "").await;
    assert_eq!((status, &schedule["alarm"]), (200, &Value::Null));
    let (_, ready) = app.get_json("/api/health/ready").await;
    assert_eq!(ready["checks"]["verification"]["status"], "up");
    let (_, trail) = app.get_json("/api/v1/audit?action=schedule.acknowledge").await;
    assert_eq!(trail["items"][0]["before"]["run"], alarm["id"]);
}

/// A service that has one more daily bar than it was asked for, and an unfinished one.
async fn service(body: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut head = vec![0; 8192];
            let read = socket.read(&mut head).await.unwrap_or(0);
            let head = String::from_utf8_lossy(&head[..read]).into_owned();
            // Whoever has the new bar already is told that there is nothing.
            let known = head.contains("after=2024-06-03") || !head.contains("symbol=AAPL");
            let body = if known { r#"{"candles":[]}"# } else { body.as_str() };
            let length = body.len();
            let answer = format!(
                "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
            );
            let _ = socket.write_all(answer.as_bytes()).await;
        }
    });
    url
}

fn candle(time: &str) -> Value {
    json!({"time": time, "open": 10.0, "high": 12.0, "low": 9.0, "close": 11.0, "volume": 5.0})
}

#[tokio::test]
async fn new_bars_make_a_new_version_and_a_dataset_that_fails_holds_up_no_other() {
    let far = "2200-01-01T00:00:00Z";
    let body = json!({"candles": [candle("2024-06-03T00:00:00Z"), candle(far)]}).to_string();
    let url = service(body).await;
    let app = TestApp::with(&[
        ("TAPEDECK__MARKET_DATA__URL", &url),
        ("TAPEDECK__MARKET_DATA__TOKEN", "hunter2"),
        ("TAPEDECK__MARKET_DATA__DATASETS", "nothing-1d,aapl-1d"),
    ])
    .await;
    let (_, before) = app.get_json("/api/v1/datasets/aapl-1d").await;
    let failed = run(&app, "market_data_refresh").await;
    assert_eq!(failed["status"], "failed", "{failed}");
    let expected = "nothing-1d failed: no dataset has this name; \
                    aapl-1d: 1 new bars up to 2024-06-03T00:00:00Z, version 2";
    assert_eq!(failed["detail"], expected);
    let (_, after) = app.get_json("/api/v1/datasets/aapl-1d").await;
    assert_eq!(after["version"], 2);
    assert_eq!(after["bars"].as_u64().unwrap(), before["bars"].as_u64().unwrap() + 1);
    let again = run(&app, "market_data_refresh").await;
    assert!(again["detail"].as_str().unwrap().ends_with("aapl-1d: no new bars"), "{again}");
    let (_, same) = app.get_json("/api/v1/datasets/aapl-1d").await;
    assert_eq!(same, after);
}

#[tokio::test]
async fn bars_that_lie_change_nothing() {
    let mut lie = candle("2024-06-03T00:00:00Z");
    lie["high"] = json!(8.0);
    let url = service(json!({"candles": [lie]}).to_string()).await;
    let app = TestApp::with(&[
        ("TAPEDECK__MARKET_DATA__URL", &url),
        ("TAPEDECK__MARKET_DATA__DATASETS", "aapl-1d"),
    ])
    .await;
    let (_, before) = app.get_json("/api/v1/datasets/aapl-1d").await;
    let failed = run(&app, "market_data_refresh").await;
    assert_eq!(failed["status"], "failed");
    let detail = failed["detail"].as_str().unwrap();
    assert!(detail.contains("bar 0: high and low do not enclose open and close"), "{detail}");
    assert_eq!(app.get_json("/api/v1/datasets/aapl-1d").await.1, before);
}

const EACH_SECOND: [(&str, &str); 3] = [
    ("TAPEDECK__SCHEDULES__RETENTION", "* * * * * *"),
    ("TAPEDECK__SCHEDULES__VERIFY_SAMPLE", "* * * * * *"),
    ("TAPEDECK__SCHEDULES__JITTER_MS", "0"),
];

/// The ticks of the history, oldest first, and the workers that ran them.
async fn ticks(process: &Process, name: &str) -> (Vec<i64>, BTreeSet<String>) {
    let path = format!("/api/v1/schedules/{name}/runs?limit=500");
    let (status, page) = process.get(&path).await;
    assert_eq!(status, 200, "{page}");
    let items = page["items"].as_array().unwrap();
    let tick = |run: &Value| {
        let tick: Option<Timestamp> = run["tick"].as_str().map(|text| text.parse().unwrap());
        tick.map(|tick| tick.as_nanos() / SECOND_NS)
    };
    let workers = items.iter().filter_map(|run| run["worker_id"].as_str().map(str::to_owned));
    (items.iter().rev().filter_map(tick).collect(), workers.collect())
}

/// Waits until there are so many more of them.
async fn more(process: &Process, name: &str, n: usize) -> Vec<i64> {
    let (before, _) = ticks(process, name).await;
    let waiting = async {
        loop {
            let (now, _) = ticks(process, name).await;
            if now.len() >= before.len() + n {
                return now;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.unwrap()
}

fn each_second_once(ticks: &[i64]) {
    let expected: Vec<i64> = (0..).zip(ticks).map(|(n, _)| ticks[0] + n).collect();
    assert_eq!(ticks, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_processes_one_does_each_tick_and_either_goes_on_alone() {
    let cluster = Cluster::new().await;
    let first = cluster.start_with(&binary(), "all", &EACH_SECOND).await;
    let second = cluster.start_with(&binary(), "all", &EACH_SECOND).await;
    each_second_once(&more(&first, "retention", 6).await);
    first.kill().await;
    let all = more(&second, "retention", 6).await;
    each_second_once(&all);
    let (_, workers) = ticks(&second, "retention").await;
    assert_eq!(workers.len(), 2, "both have done some: {workers:?}");

    let third = cluster.start_with(&binary(), "all", &EACH_SECOND).await;
    let path = "/api/v1/schedules/retention/pause";
    let (status, paused) = third.post(path, &json!({"reason": "by the third"})).await;
    assert_eq!(status, 200, "{paused}");
    let at: Timestamp = paused["pause"]["at"].as_str().unwrap().parse().unwrap();
    let (_, seen) = second.get("/api/v1/schedules/retention").await;
    assert_eq!(seen["pause"], paused["pause"], "the other process sees it");
    // Another schedule has several ticks meanwhile; this one has none in either process.
    more(&second, "verify_sample", 4).await;
    let (after, _) = ticks(&second, "retention").await;
    assert!(after.last().unwrap() * SECOND_NS <= at.as_nanos(), "{after:?} {at}");
    each_second_once(&after);
    let (status, _) = second.post("/api/v1/schedules/retention/resume", &json!({})).await;
    assert_eq!(status, 200);
    more(&third, "retention", 2).await;
    let (_, trail) = second.get("/api/v1/audit?subject=schedules/retention").await;
    let actions: Vec<_> =
        trail["items"].as_array().unwrap().iter().map(|it| &it["action"]).collect();
    assert_eq!(actions, ["schedule.resume", "schedule.pause"]);
    assert!(trail["items"].as_array().unwrap().iter().all(|it| it["request_id"].is_string()));
    third.terminate().await;
    second.terminate().await;
}

#[tokio::test]
async fn the_embedded_database_has_each_tick_once_too() {
    let app = TestApp::with(&EACH_SECOND).await;
    let waiting = async {
        loop {
            let (_, page) = app.get_json("/api/v1/schedules/retention/runs").await;
            if page["items"].as_array().unwrap().len() >= 4 {
                return page;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let page = tokio::time::timeout(PATIENCE, waiting).await.unwrap();
    let items = page["items"].as_array().unwrap();
    let seconds = items.iter().rev().map(|run| {
        let tick: Timestamp = run["tick"].as_str().unwrap().parse().unwrap();
        tick.as_nanos() / SECOND_NS
    });
    each_second_once(&seconds.collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn maintenance_of_a_server_database_analyzes_its_tables() {
    let cluster = Cluster::new().await;
    let process = cluster.start("all").await;
    let path = "/api/v1/schedules/database_maintenance";
    let (status, queued) = process.post(&format!("{path}/trigger"), &json!({})).await;
    assert_eq!(status, 202, "{queued}");
    let waiting = async {
        loop {
            let (_, schedule) = process.get(path).await;
            if schedule["last_run"]["finished_at"].is_string() {
                return schedule["last_run"].clone();
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let done = tokio::time::timeout(PATIENCE, waiting).await.unwrap();
    let detail = done["detail"].as_str().unwrap();
    assert!(detail.starts_with("analyzed ") && !detail.starts_with("analyzed 0"), "{detail}");
}
