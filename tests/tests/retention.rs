//! What was kept long enough goes, with its files, and nothing else does.
#![expect(clippy::disallowed_methods, reason = "these tests start the binary")]

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use tapedeck_tests::{TestApp, binary, crossover};

/// A finished run unlike all others: its id.
async fn done(app: &TestApp, seed: u64) -> String {
    let mut body = crossover();
    body["seed"] = json!(seed);
    app.run_backtest(&body).await["id"].as_str().unwrap().to_owned()
}

async fn status(app: &TestApp, id: &str) -> u16 {
    app.get(&format!("/api/v1/backtests/{id}")).await.status().as_u16()
}

/// The command beside the running server, with the latest job of each final state kept.
fn tapedeck(app: &TestApp, args: &[&str]) -> String {
    let mut command = Command::new(binary());
    command.env_clear().env("TAPEDECK_DATA_DIR", app.data_dir());
    let output = command.env("TAPEDECK__RETENTION__KEEP_LATEST", "1").args(args).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn json_of(app: &TestApp, args: &[&str]) -> Value {
    serde_json::from_str(&tapedeck(app, args)).unwrap()
}

fn reports(app: &TestApp) -> usize {
    let entries = std::fs::read_dir(app.data_dir().join("reports")).map(Iterator::count);
    entries.unwrap_or(0)
}

#[tokio::test]
async fn a_server_removes_what_its_settings_say_with_its_files() {
    let app = TestApp::with(&[
        ("TAPEDECK__RETENTION__KEEP_LATEST", "2"),
        ("TAPEDECK__SCHEDULES__RETENTION", "* * * * * *"),
        ("TAPEDECK__SCHEDULES__JITTER_MS", "0"),
    ])
    .await;
    let mut ids = Vec::new();
    for seed in 1..=4 {
        ids.push(done(&app, seed).await);
    }
    for _ in 0..100 {
        if status(&app, &ids[1]).await == 404 && reports(&app) == 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let mut found = Vec::new();
    for id in &ids {
        found.push(status(&app, id).await);
    }
    assert_eq!(found, [404, 404, 200, 200]);
    assert_eq!(reports(&app), 2);
    let metrics = app.get(&format!("/api/v1/backtests/{}/metrics", ids[3])).await;
    assert_eq!(metrics.status(), 200, "what stays can be read");
}

#[tokio::test]
async fn the_plan_says_what_apply_removes_beside_a_running_server() {
    let app = TestApp::start().await;
    let mut ids = Vec::new();
    for seed in 1..=3 {
        ids.push(done(&app, seed).await);
    }
    let plan = json_of(&app, &["retention", "plan", "--json"]);
    let succeeded = json!({
        "status": "succeeded", "ended_before": null, "keep_latest": 1,
        "by_age": 0, "by_count": 2, "expired": 2,
    });
    assert_eq!(plan["states"][0], succeeded);
    assert_eq!((reports(&app), status(&app, &ids[0]).await), (3, 200), "a plan removes nothing");
    let applied = json_of(&app, &["retention", "apply", "--json"]);
    assert_eq!(applied["plan"], plan);
    assert_eq!(applied["removed"]["jobs"], json!({"succeeded": 2}));
    assert_eq!(applied["removed"]["artifacts"], 2);
    assert_eq!((reports(&app), status(&app, &ids[0]).await), (1, 404));
    assert_eq!(status(&app, &ids[2]).await, 200);
    let again = tapedeck(&app, &["retention", "apply"]);
    assert!(again.contains("succeeded: 0 would be removed (0 beyond the latest 1)"), "{again}");
    assert!(again.contains("removed 0 jobs with 0 artifacts, 0 orphans"), "{again}");
}

/// A file where an artifact of this job would be.
fn leave(app: &TestApp, job: &str) -> std::path::PathBuf {
    let dir = app.data_dir().join(format!("reports/{job}/0123abcd"));
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(dir.join("orders.parquet"), "half a report").unwrap();
    dir
}

#[tokio::test]
async fn artifacts_that_no_job_points_to_are_swept_and_those_of_jobs_stay() {
    let app = TestApp::start().await;
    let id = done(&app, 1).await;
    let superseded = leave(&app, &id);
    let unknown = leave(&app, "018f0000-0000-7000-8000-000000000000");
    let removed_id = done(&app, 2).await;
    let url = app.url(&format!("/api/v1/backtests/{removed_id}"));
    assert_eq!(app.client.delete(url).send().await.unwrap().status(), 204);
    let removed = leave(&app, &removed_id);
    let orphans = json!({"of_removed_jobs": 1, "superseded": 1, "of_unknown_jobs": 1});
    assert_eq!(json_of(&app, &["retention", "plan", "--json"])["orphans"], orphans);
    assert!([&superseded, &unknown, &removed].iter().all(|dir| dir.exists()));
    let applied = json_of(&app, &["retention", "apply", "--json"]);
    assert_eq!(applied["removed"]["orphans"], orphans);
    let gone = |dir: &Path| !dir.exists();
    assert!(gone(&superseded) && gone(&unknown) && gone(&removed));
    let metrics = app.get(&format!("/api/v1/backtests/{id}/metrics")).await;
    assert_eq!(metrics.status(), 200);
}
