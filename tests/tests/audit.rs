//! Who decided what.
#![expect(clippy::disallowed_methods, reason = "these tests start the binary")]

use std::process::{Command, Output};
use std::time::Duration;

use serde_json::{Value, json};
use tapedeck_tests::{TestApp, binary, crossover};

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

/// The command beside the running server.
fn tapedeck(app: &TestApp, args: &[&str]) -> Output {
    let mut command = Command::new(binary());
    command.env_clear().env("TAPEDECK_DATA_DIR", app.data_dir()).args(args).output().unwrap()
}

/// Once everything is sealed, which does not take long.
async fn sealed(app: &TestApp) -> Value {
    let mut last = Value::Null;
    for _ in 0..600 {
        let (status, found) = app.get_json("/api/v1/audit/verify").await;
        assert_eq!(status, 200, "{found}");
        if found["unsealed"]["entries"] == 0 && found["entries"] != 0 {
            return found;
        }
        last = found;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("still {last}");
}

#[tokio::test]
async fn entries_are_sealed_and_found_intact_by_the_api_and_the_command() {
    let (app, _) = decided().await;
    let found = sealed(&app).await;
    assert_eq!((&found["intact"], &found["entries"]), (&json!(true), &json!(3)));
    assert_eq!(found["first_fault"], Value::Null);
    let trail = trail(&app, "").await;
    assert_eq!(found["head"]["hash"], trail[0]["hash"]);
    assert!(trail.iter().all(|entry| entry["hash"].as_str().unwrap().len() == 64));
    let output = tapedeck(&app, &["audit", "verify", "--json"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told["head"], found["head"]);
    let (status, problem) = app.get_json("/api/v1/audit/verify?what=1").await;
    assert_eq!((status, &problem["code"]), (422, &json!("validation_error")));
}

#[tokio::test]
async fn a_log_of_heads_that_is_gone_is_told_by_the_api_and_the_command() {
    let (app, _) = decided().await;
    sealed(&app).await;
    std::fs::remove_dir_all(app.data_dir().join("audit")).unwrap();
    let (_, found) = app.get_json("/api/v1/audit/verify").await;
    assert_eq!(found["intact"], false);
    assert_eq!(found["first_fault"]["kind"], "head_log_missing");
    let output = tapedeck(&app, &["audit", "verify"]);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("first fault: head_log_missing: "), "{text}");
}

#[tokio::test]
async fn entries_are_found_by_request_and_by_time() {
    let (app, _) = decided().await;
    assert_eq!(trail(&app, "request_id=r-3").await.len(), 1);
    assert_eq!(trail(&app, "request_id=r-4").await.len(), 0);
    let all = trail(&app, "").await;
    let second = all[1]["time"].as_str().unwrap();
    assert_eq!(trail(&app, &format!("since={second}")).await, all[..2]);
    assert_eq!(trail(&app, &format!("until={second}")).await, all[2..]);
    for query in ["since=yesterday", "until=x", "request_id=a%20b", "format=parquet"] {
        let (status, problem) = app.get_json(&format!("/api/v1/audit?{query}")).await;
        assert_eq!((status, &problem["code"]), (422, &json!("validation_error")), "{query}");
    }
}

#[tokio::test]
async fn the_trail_is_served_as_a_file_and_written_by_the_command() {
    let (app, _) = decided().await;
    sealed(&app).await;
    let all = trail(&app, "").await;
    let lines = |text: &str| -> Vec<Value> {
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let ndjson = app.get("/api/v1/audit?format=ndjson&limit=1").await;
    assert_eq!(ndjson.headers()["content-type"], "application/x-ndjson");
    assert_eq!(lines(&ndjson.text().await.unwrap()), all);
    let csv =
        app.get("/api/v1/audit?format=csv&action=backtest.cancel").await.text().await.unwrap();
    let rows: Vec<&str> = csv.lines().collect();
    assert_eq!(rows[0], "seq,time,actor,action,subject,request_id,before,after,hash");
    assert_eq!(rows.len(), 2);
    assert!(rows[1].contains("backtest.cancel") && rows[1].contains("r-3"), "{csv}");
    let nothing = app.get("/api/v1/audit?format=ndjson&actor=cli").await;
    assert_eq!(nothing.text().await.unwrap(), "");
    let output = tapedeck(&app, &["audit", "export", "--since", all[1]["time"].as_str().unwrap()]);
    assert_eq!(lines(std::str::from_utf8(&output.stdout).unwrap()), all[..2]);
}

#[tokio::test]
async fn an_archive_is_checked_alone() {
    let (app, _) = decided().await;
    let found = sealed(&app).await;
    let output = tapedeck(&app, &["audit", "archive"]);
    assert_eq!(output.stdout, b"3 entries archived, up to position 3\n");
    let copy = tempfile::tempdir().unwrap();
    let name = "audit-000000000001-000000000003.ndjson";
    let text = std::fs::read_to_string(app.data_dir().join("audit").join(name)).unwrap();
    let verify = |text: &str| {
        std::fs::write(copy.path().join(name), text).unwrap();
        tapedeck(&app, &["audit", "verify", "--json", "--export", copy.path().to_str().unwrap()])
    };
    let told: Value = serde_json::from_slice(&verify(&text).stdout).unwrap();
    assert_eq!((&told["intact"], &told["head"]), (&json!(true), &found["head"]));
    let edited = verify(&text.replace("anonymous", "nobody"));
    assert_eq!(edited.status.code(), Some(1));
    let told: Value = serde_json::from_slice(&edited.stdout).unwrap();
    assert_eq!(told["first_fault"]["kind"], "entry_edited", "{told}");
}

/// What clients send as proof of who they are, and what a stranger might put anywhere.
#[tokio::test]
async fn no_entry_has_what_was_sent_in_confidence() {
    const CANARY: &str = "canary-5b1c0f";
    let app = TestApp::start().await;
    let request = |method: reqwest::Method, path: &str| {
        let url = app.url(path);
        let request =
            app.client.request(method, url).header("authorization", format!("Bearer {CANARY}"));
        request.header("cookie", format!("session={CANARY}")).header("x-api-key", CANARY)
    };
    let mut body = crossover();
    body["tags"] = json!(["mine"]);
    let posted =
        request(reqwest::Method::POST, "/api/v1/backtests").header("idempotency-key", CANARY);
    let posted: Value = posted.json(&body).send().await.unwrap().json().await.unwrap();
    let id = posted["id"].as_str().unwrap().to_owned();
    app.wait_for(&id).await;
    for (method, path) in [
        (reqwest::Method::POST, format!("/api/v1/queue/pause?{CANARY}={CANARY}")),
        (reqwest::Method::POST, "/api/v1/queue/pause".to_owned()),
        (reqwest::Method::POST, "/api/v1/queue/resume".to_owned()),
        (reqwest::Method::POST, format!("/api/v1/backtests/{CANARY}/cancel")),
        (reqwest::Method::DELETE, format!("/api/v1/backtests/{id}")),
    ] {
        request(method, &path).send().await.unwrap();
    }
    let found = trail(&app, "").await;
    assert!(found.len() >= 3, "{found:?}");
    assert!(!Value::from(found.clone()).to_string().contains(CANARY), "{found:?}");
}
