//! The whole application on Postgres.

#[path = "../../crates/postgres/tests/support/mod.rs"]
#[expect(dead_code, reason = "shared with the tests of the adapter")]
mod support;

use serde_json::{Value, json};
use support::TestDatabase;
use tapedeck_tests::proxy::Proxy;
use tapedeck_tests::{TestApp, crossover};

async fn on_postgres(database: &TestDatabase) -> TestApp {
    TestApp::with(&[("DATABASE_URL", &database.url())]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_posted_backtest_gives_the_same_answers_as_on_the_embedded_database() {
    let database = TestDatabase::empty().await;
    let (there, here) = (on_postgres(&database).await, TestApp::start().await);
    let (on_postgres, embedded) =
        (there.run_backtest(&crossover()).await, here.run_backtest(&crossover()).await);
    assert_eq!(on_postgres["status"], "succeeded");
    assert_eq!(on_postgres["metrics"]["trades"], 30);
    for same in ["input_hash", "metrics", "params", "costs", "from", "to"] {
        assert_eq!(on_postgres[same], embedded[same], "{same}");
    }
    for same in ["bars_done", "bars_total", "percent", "sim_time"] {
        assert_eq!(on_postgres["progress"][same], embedded["progress"][same], "{same}");
    }
    for result in ["trades", "orders", "fills", "equity", "metrics"] {
        let of = |app: &TestApp, run: &Value| {
            let path = format!("/backtests/{}/{result}", run["id"].as_str().unwrap());
            let url = app.url(&path);
            let request = app.client.get(url);
            async move { request.send().await.unwrap().text().await.unwrap() }
        };
        assert_eq!(of(&there, &on_postgres).await, of(&here, &embedded).await, "{result}");
    }
    assert!(!there.data_dir().join("tapedeck.db").exists(), "the embedded database is not used");
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_equal_requests_at_once_make_one_run() {
    let database = TestDatabase::empty().await;
    let app = on_postgres(&database).await;
    let posts = (0..50).map(|_| async { app.post_backtest(&crossover()).await });
    let answers = futures_util::future::join_all(posts).await;
    let mut ids: Vec<_> =
        answers.iter().map(|(_, body)| body["id"].as_str().unwrap_or_default()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 1, "{answers:?}");
    assert_eq!(answers.iter().filter(|(status, _)| *status == 202).count(), 1);
}

/// In while the close is above `level`.
fn above(level: u32) -> Value {
    let holds = |op: &str| json!({"all": [{"op": op, "left": "close", "right": level}]});
    json!({"definition": {"entry": holds("gt"), "exit": holds("lte")}})
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_of_a_strategy_by_several_processes_are_all_kept() {
    let database = TestDatabase::empty().await;
    let processes = [on_postgres(&database).await, on_postgres(&database).await];
    let app = &processes[0];
    let mut new = above(1);
    new["id"] = json!("mine");
    let created = app.client.post(app.url("/api/v1/strategies")).json(&new).send().await.unwrap();
    assert_eq!(created.status(), 201);
    let put = async |n: u32| {
        let app = &processes[(n % 2) as usize];
        let url = app.url("/api/v1/strategies/mine");
        let answer = app.client.put(url).json(&above(n)).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
    };
    futures_util::future::join_all((2..10).map(put)).await;
    let (_, versions) = app.get_json("/api/v1/strategies/mine/versions").await;
    let versions = versions["items"].as_array().unwrap();
    let numbers: Vec<_> = versions.iter().map(|v| v["version"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..10).rev().collect::<Vec<_>>());
    for n in 1..10 {
        let kept = versions.iter().filter(|v| v["definition"] == above(n)["definition"]).count();
        assert_eq!(kept, 1, "{n}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_of_a_stored_strategy_outlives_it() {
    let database = TestDatabase::empty().await;
    let app = on_postgres(&database).await;
    let mut new = above(100);
    new["id"] = json!("mine");
    let created = app.client.post(app.url("/api/v1/strategies")).json(&new).send().await.unwrap();
    assert_eq!(created.status(), 201);
    let run = json!({"dataset_id": "aapl-1d", "strategy_id": "mine", "strategy_version": 1});
    let done = app.run_backtest(&run).await;
    assert_eq!(done["status"], "succeeded", "{done}");
    let removed = app.client.delete(app.url("/api/v1/strategies/mine")).send().await.unwrap();
    assert_eq!(removed.status(), 204);
    let path = format!("/api/v1/backtests/{}/trades", done["id"].as_str().unwrap());
    assert_eq!(app.get_json(&path).await.0, 200);
    let (status, problem) = app.post_backtest(&run).await;
    assert_eq!((status, &problem["code"]), (404, &json!("strategy_not_found")));
}

/// An application that reaches its database through a network that can be cut.
async fn behind_proxy(database: &TestDatabase) -> (TestApp, Proxy) {
    let (proxy, url) = Proxy::before_database(&database.url()).await;
    (TestApp::with(&[("DATABASE_URL", &url)]).await, proxy)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_stops_is_named_and_all_heals_when_it_returns() {
    let database = TestDatabase::empty().await;
    let (app, proxy) = behind_proxy(&database).await;
    let before = app.run_backtest(&crossover()).await;
    app.until("/api/health/ready", 200).await;

    proxy.cut();
    let (status, body) = app.get_json("/api/health/ready").await;
    assert_eq!((status, &body["status"]), (503, &json!("not_ready")));
    assert_eq!(body["checks"]["database"]["status"], "down", "{body}");
    assert_eq!(body["checks"]["artifact_store"]["status"], "up");
    assert_eq!(app.get("/healthz").await.status(), 200);
    let (status, body) = app.get_json("/api/health").await;
    assert_eq!((status, &body["database"]), (503, &json!("unreachable")));
    let (status, problem) = app.post_backtest(&crossover()).await;
    assert_eq!((status, &problem["code"]), (503, &json!("unavailable")), "{problem}");

    proxy.restore();
    app.until("/api/health/ready", 200).await;
    let (_, same) = app.get_json(&format!("/backtests/{}", before["id"].as_str().unwrap())).await;
    assert_eq!(same, before, "nothing was lost");
    let mut other = crossover();
    other["seed"] = json!(1);
    assert_eq!(app.run_backtest(&other).await["status"], "succeeded");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_hangs_does_not_hold_up_readiness() {
    let database = TestDatabase::empty().await;
    let (app, proxy) = behind_proxy(&database).await;
    app.until("/api/health/ready", 200).await;
    proxy.freeze();
    let (status, body) = app.get_json("/api/health/ready").await;
    assert_eq!(status, 503);
    let check = &body["checks"]["database"];
    assert_eq!(check["detail"], "no answer within 800 ms", "{body}");
    assert_eq!(app.get("/healthz").await.status(), 200);
    proxy.restore();
    app.until("/api/health/ready", 200).await;
}
