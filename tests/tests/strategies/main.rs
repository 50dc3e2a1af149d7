//! Strategies that users store, over HTTP, on the embedded database.

mod change;
mod check;
mod refusals;
mod runs;
mod store;

use reqwest::Method;
use serde_json::{Value, json};
use tapedeck_tests::TestApp;

const STRATEGIES: &str = "/api/v1/strategies";

/// In while a fast average is above a slow one.
fn rules(fast: u32) -> Value {
    json!({
        "params": {
            "fast": {"type": "integer", "min": 1, "max": 100, "default": fast},
            "slow": {"type": "integer", "min": 2, "max": 200, "default": 50},
        },
        "indicators": {
            "fast": {"kind": "sma", "length": {"param": "fast"}},
            "slow": {"kind": "sma", "length": {"param": "slow"}},
        },
        "entry": {"all": [{"op": "crosses_above", "left": "fast", "right": "slow"}]},
        "exit": {"any": [{"op": "crosses_below", "left": "fast", "right": "slow"}]},
    })
}

fn body(id: &str) -> Value {
    json!({"id": id, "definition": rules(20)})
}

/// What came back: status, headers of interest, body.
#[derive(Debug)]
struct Answer {
    status: u16,
    etag: Option<String>,
    location: Option<String>,
    link: Option<String>,
    body: Value,
}

async fn send(app: &TestApp, method: Method, path: &str, body: Option<&Value>) -> Answer {
    send_if(app, method, path, body, None).await
}

async fn send_if(
    app: &TestApp,
    method: Method,
    path: &str,
    body: Option<&Value>,
    if_match: Option<&str>,
) -> Answer {
    let mut request = app.client.request(method, app.url(path));
    if let Some(body) = body {
        request = request.json(body);
    }
    if let Some(tag) = if_match {
        request = request.header("if-match", tag);
    }
    let response = request.send().await.unwrap();
    let header =
        |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    let (etag, location, link) = (header("etag"), header("location"), header("link"));
    let status = response.status().as_u16();
    Answer { status, etag, location, link, body: response.json().await.unwrap_or_default() }
}

async fn create(app: &TestApp, id: &str) -> Value {
    let created = send(app, Method::POST, STRATEGIES, Some(&body(id))).await;
    assert_eq!(created.status, 201, "{created:?}");
    created.body
}

async fn put(app: &TestApp, id: &str, fast: u32, if_match: Option<&str>) -> Answer {
    let change = json!({"definition": rules(fast)});
    send_if(app, Method::PUT, &format!("{STRATEGIES}/{id}"), Some(&change), if_match).await
}

async fn get(app: &TestApp, path: &str) -> Answer {
    send(app, Method::GET, &format!("{STRATEGIES}{path}"), None).await
}

#[track_caller]
fn refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status, answer.body["code"].as_str()), (status, Some(code)), "{answer:?}");
}

/// Pointer and code of each fault.
fn faults(errors: &Value) -> Vec<(&str, &str)> {
    let errors = errors.as_array().unwrap().iter();
    errors.map(|e| (e["pointer"].as_str().unwrap(), e["code"].as_str().unwrap())).collect()
}

fn ids(list: &Value) -> Vec<&str> {
    list["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect()
}
