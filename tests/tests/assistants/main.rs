//! Assistants: the Model Context Protocol over HTTP, against the real server.

mod access;
mod protocol;
mod tools;

use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};
use tapedeck_tests::TestApp;

const MCP: &str = "/api/v1/mcp";

/// A server that speaks with assistants.
async fn start() -> TestApp {
    TestApp::with(&[("TAPEDECK__FLAGS__AI_ASSISTANT", "true")]).await
}

/// A message, as a client of the protocol sends it.
fn message(app: &TestApp, body: &Value) -> RequestBuilder {
    let request = app.client.post(app.url(MCP)).json(body);
    request.header("accept", "application/json, text/event-stream")
}

fn request(method: &str, params: &Value) -> Value {
    json!({"jsonrpc": "2.0", "id": 7, "method": method, "params": params})
}

async fn told(response: Response) -> (u16, Value) {
    (response.status().as_u16(), response.json().await.unwrap_or_default())
}

/// The result of a method.
async fn result(app: &TestApp, method: &str, params: &Value) -> Value {
    let (status, answer) = told(message(app, &request(method, params)).send().await.unwrap()).await;
    assert_eq!((status, &answer["id"]), (200, &json!(7)), "{method}: {answer}");
    assert!(answer.get("error").is_none(), "{method}: {answer}");
    answer["result"].clone()
}

/// What a tool answers, and whether it failed. The text says the same as the structure.
async fn outcome(app: &TestApp, tool: &str, arguments: &Value) -> (bool, Value) {
    let result = result(app, "tools/call", &json!({"name": tool, "arguments": arguments})).await;
    let text = result["content"][0]["text"].as_str().unwrap();
    let structured = &result["structuredContent"];
    assert_eq!(&serde_json::from_str::<Value>(text).unwrap(), structured, "{tool}");
    (result["isError"] == true, structured.clone())
}

/// What a tool answers that succeeds.
async fn call(app: &TestApp, tool: &str, arguments: &Value) -> Value {
    let (failed, answer) = outcome(app, tool, arguments).await;
    assert!(!failed, "{tool}: {answer}");
    answer
}

/// The problem of a tool that fails.
async fn problem(app: &TestApp, tool: &str, arguments: &Value) -> Value {
    let (failed, answer) = outcome(app, tool, arguments).await;
    assert!(failed, "{tool}: {answer}");
    assert!(answer["request_id"].is_string() && answer["instance"] == MCP, "{answer}");
    answer
}
