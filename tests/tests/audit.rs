//! Who decided what.

use serde_json::{Value, json};
use tapedeck_tests::{TestApp, crossover};

async fn ask(app: &TestApp, path: &str, request_id: &str) -> Value {
    let request = app.client.post(app.url(path)).header("x-request-id", request_id);
    request.send().await.unwrap().json().await.unwrap()
}

async fn trail(app: &TestApp, query: &str) -> Vec<Value> {
    let (status, page) = app.get_json(&format!("/api/v1/audit?{query}")).await;
    assert_eq!(status, 200, "{page}");
    page["items"].as_array().unwrap().clone()
}

/// Pauses, cancels a run and removes it, twice each.
async fn decided() -> (TestApp, String) {
    let app = TestApp::start().await;
    for request in ["r-1", "r-2"] {
        ask(&app, "/api/v1/queue/pause", request).await;
    }
    let (_, posted) = app.post_backtest(&crossover()).await;
    let id = posted["id"].as_str().unwrap().to_owned();
    for request in ["r-3", "r-4"] {
        ask(&app, &format!("/api/v1/backtests/{id}/cancel"), request).await;
    }
    for status in [204, 404] {
        let url = app.url(&format!("/api/v1/backtests/{id}"));
        let request = app.client.delete(url).header("x-request-id", "r-5");
        assert_eq!(request.send().await.unwrap().status(), status);
    }
    (app, id)
}

#[tokio::test]
async fn each_decision_is_there_once_newest_first() {
    let (app, id) = decided().await;
    let found = trail(&app, "").await;
    let told: Vec<(&str, &str)> = found
        .iter()
        .map(|entry| (entry["action"].as_str().unwrap(), entry["request_id"].as_str().unwrap()))
        .collect();
    assert_eq!(
        told,
        [("backtest.delete", "r-5"), ("backtest.cancel", "r-3"), ("queue.pause", "r-1")]
    );
    let cancelled = &found[1];
    assert_eq!(cancelled["subject"], format!("backtests/{id}"));
    assert_eq!(cancelled["actor"], "anonymous");
    assert_eq!(cancelled["before"], json!({"status": "queued"}));
    assert_eq!(cancelled["after"], json!({"status": "cancelled"}));
    assert!(cancelled["time"].as_str().unwrap().ends_with('Z'));
    assert_eq!(found[2]["subject"], "queue");
}

#[tokio::test]
async fn entries_are_found_by_actor_action_and_subject() {
    let (app, id) = decided().await;
    for (query, count) in [
        ("action=backtest.cancel".to_owned(), 1),
        (format!("subject=backtests/{id}"), 2),
        (format!("subject=backtests/{id}&action=backtest.cancel"), 1),
        ("actor=anonymous".to_owned(), 3),
        ("actor=cli".to_owned(), 0),
        ("subject=queue&action=backtest.cancel".to_owned(), 0),
    ] {
        assert_eq!(trail(&app, &query).await.len(), count, "{query}");
    }
    for query in ["actor=a%20b", "who=me", "limit=0", "limit=501"] {
        let (status, problem) = app.get_json(&format!("/api/v1/audit?{query}")).await;
        assert_eq!((status, &problem["code"]), (422, &json!("validation_error")), "{query}");
    }
    let (status, problem) = app.get_json("/api/v1/audit?cursor=zz").await;
    assert_eq!((status, &problem["code"]), (400, &json!("out_of_range")));
}

#[tokio::test]
async fn pages_follow_each_other_whatever_is_added_meanwhile() {
    let (app, _) = decided().await;
    let all = trail(&app, "").await;
    let response = app.get("/api/v1/audit?limit=2").await;
    let link = response.headers()["link"].to_str().unwrap().to_owned();
    let first: Value = response.json().await.unwrap();
    ask(&app, "/api/v1/queue/resume", "r-6").await;
    let cursor = first["next_cursor"].as_str().unwrap();
    assert_eq!(link, format!("</api/v1/audit?limit=2&cursor={cursor}>; rel=\"next\""));
    let (_, second) = app.get_json(&format!("/api/v1/audit?limit=2&cursor={cursor}")).await;
    let both =
        [first["items"].as_array().unwrap().clone(), second["items"].as_array().unwrap().clone()];
    assert_eq!(both.concat(), all);
    assert_eq!(second["next_cursor"], Value::Null);
}
