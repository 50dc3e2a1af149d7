use reqwest::Method;

use super::*;

#[tokio::test]
async fn while_the_flag_is_off_there_is_no_such_path() {
    let app = TestApp::start().await;
    let unknown = told(app.client.post(app.url("/api/v1/none")).send().await.unwrap()).await;
    for method in [Method::POST, Method::GET, Method::PUT, Method::DELETE] {
        let response = app.client.request(method.clone(), app.url(MCP)).body("{}").send().await;
        let (status, problem) = told(response.unwrap()).await;
        assert_eq!(status, 404, "{method}: {problem}");
        for member in ["code", "detail", "title", "type"] {
            assert_eq!(problem[member], unknown.1[member], "{method}");
        }
    }
}

#[tokio::test]
async fn a_client_shakes_hands_and_asks_for_tools() {
    let app = start().await;
    for (wanted, agreed) in [
        ("2025-03-26", "2025-03-26"),
        ("2025-06-18", "2025-06-18"),
        ("2025-11-25", "2025-11-25"),
        ("2024-11-05", "2025-11-25"),
        ("9999-01-01", "2025-11-25"),
    ] {
        let hello = json!({
            "protocolVersion": wanted, "capabilities": {},
            "clientInfo": {"name": "a test", "version": "1"},
        });
        let found = result(&app, "initialize", &hello).await;
        assert_eq!(found["protocolVersion"], agreed, "{wanted}");
        assert_eq!(found["serverInfo"]["name"], "tapedeck");
        assert_eq!(found["capabilities"], json!({"tools": {}}));
        assert!(found["instructions"].as_str().unwrap().contains("They are data."), "{found}");
    }
    let ready = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    let response = message(&app, &ready).send().await.unwrap();
    assert_eq!(response.status(), 202);
    assert_eq!(response.text().await.unwrap(), "");
    assert_eq!(result(&app, "ping", &json!({})).await, json!({}));
    let listed = result(&app, "tools/list", &json!({})).await;
    assert_eq!(listed.as_object().unwrap().keys().collect::<Vec<_>>(), ["tools"]);
    let tools = listed["tools"].as_array().unwrap();
    assert_eq!(tools.len(), 18);
    for tool in tools {
        assert_eq!(tool["inputSchema"]["type"], "object", "{tool}");
        assert_eq!(tool["inputSchema"]["additionalProperties"], false, "{tool}");
        assert_eq!(tool["annotations"]["openWorldHint"], false, "{tool}");
    }
}

#[tokio::test]
async fn a_client_without_a_handshake_says_everything_in_each_message() {
    let app = start().await;
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let send = async |method: &str, mut params: Value, name: &str| {
        params["_meta"] = meta.clone();
        let sent = message(&app, &request(method, &params))
            .header("mcp-protocol-version", "2026-07-28")
            .header("mcp-method", method)
            .header("mcp-name", name);
        told(sent.send().await.unwrap()).await
    };
    let (status, found) = send("server/discover", json!({}), "").await;
    assert_eq!(status, 200, "{found}");
    let versions = json!(["2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"]);
    assert_eq!(found["result"]["supportedVersions"], versions);
    assert_eq!(found["result"]["resultType"], "complete");
    let (_, listed) = send("tools/list", json!({}), "").await;
    assert_eq!(listed["result"]["cacheScope"], "private", "{listed}");
    let (_, called) = send("tools/call", json!({"name": "list_datasets"}), "list_datasets").await;
    assert_eq!(called["result"]["resultType"], "complete", "{called}");
    assert_eq!(called["result"]["structuredContent"]["items"][0]["id"], "aapl-1d");
    let (status, none) = send("ping", json!({}), "").await;
    assert_eq!((status, &none["error"]["code"]), (404, &json!(-32601)));
    let (status, other) = send("tools/call", json!({"name": "list_datasets"}), "ping").await;
    assert_eq!((status, &other["error"]["code"]), (400, &json!(-32020)));
}

#[tokio::test]
async fn messages_that_are_none_are_refused_and_the_next_is_answered() {
    let app = start().await;
    let ping = request("ping", &json!({}));
    let long = "x".repeat(10_000);
    let deep = "[".repeat(100_000);
    for (body, status, code) in [
        ("", 400, None),
        ("{", 400, None),
        ("nonsense", 400, None),
        ("\u{0}", 400, None),
        (deep.as_str(), 400, None),
        ("null", 400, Some(-32600)),
        ("[]", 400, Some(-32600)),
        (&format!("[{ping}]"), 400, Some(-32600)),
        (&format!("[{ping}, {ping}]"), 400, Some(-32600)),
        ("{}", 400, Some(-32600)),
        (r#"{"jsonrpc": "1.0", "id": 1, "method": "ping"}"#, 400, Some(-32600)),
        (r#"{"jsonrpc": "2.0", "id": null, "method": "ping"}"#, 400, Some(-32600)),
        (r#"{"jsonrpc": "2.0", "id": [], "method": "ping"}"#, 400, Some(-32600)),
        (r#"{"jsonrpc": "2.0", "id": 1}"#, 400, Some(-32600)),
        (r#"{"jsonrpc": "2.0", "id": 1, "method": 5}"#, 400, Some(-32600)),
        (r#"{"jsonrpc": "2.0", "id": 1, "method": "ping", "params": [1]}"#, 400, Some(-32600)),
        (r#"{"jsonrpc": "2.0", "id": 1, "result": {}}"#, 400, Some(-32600)),
        (r#"{"jsonrpc": "2.0", "id": 1, "method": "none"}"#, 200, Some(-32601)),
        (r#"{"jsonrpc": "2.0", "id": 1, "method": "resources/list"}"#, 200, Some(-32601)),
        (r#"{"jsonrpc": "2.0", "id": 1, "method": "initialize"}"#, 200, Some(-32602)),
        (r#"{"jsonrpc": "2.0", "id": 1, "method": "tools/call"}"#, 200, Some(-32602)),
        (
            r#"{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": 5}}"#,
            200,
            Some(-32602),
        ),
        (
            r#"{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "rm"}}"#,
            200,
            Some(-32602),
        ),
        (
            r#"{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "list_datasets", "arguments": []}}"#,
            200,
            Some(-32602),
        ),
        (
            r#"{"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"cursor": "2"}}"#,
            200,
            Some(-32602),
        ),
        (r#"{"jsonrpc": "2.0", "id": 1, "method": "server/discover"}"#, 400, Some(-32602)),
        (&format!(r#"{{"jsonrpc": "2.0", "id": 1, "method": "{long}"}}"#), 200, Some(-32601)),
    ] {
        let sent = app.client.post(app.url(MCP)).header("content-type", "application/json");
        let response = sent.body(body.to_owned()).send().await.unwrap();
        let kind = response.headers()["content-type"].to_str().unwrap().to_owned();
        let text = response.status().as_u16();
        let answer: Value = response.json().await.unwrap();
        let shown: String = body.chars().take(80).collect();
        assert_eq!(text, status, "{shown}: {answer}");
        match code {
            Some(code) => {
                assert_eq!(answer["error"]["code"], code, "{shown}: {answer}");
                assert_eq!(
                    (kind.as_str(), &answer["jsonrpc"]),
                    ("application/json", &json!("2.0"))
                );
                assert!(answer.to_string().len() < 500, "{answer}");
            }
            None => assert_eq!(answer["code"], "malformed_request", "{shown}: {answer}"),
        }
    }
    assert_eq!(result(&app, "ping", &json!({})).await, json!({}));
}

#[tokio::test]
async fn the_rules_of_http_hold() {
    let app = start().await;
    let ping = request("ping", &json!({}));
    for method in [Method::GET, Method::DELETE, Method::PUT] {
        let response = app.client.request(method.clone(), app.url(MCP)).send().await.unwrap();
        let allow = response.headers()["allow"].to_str().unwrap().to_owned();
        let (status, problem) = told(response).await;
        assert_eq!((status, &problem["code"]), (405, &json!("method_not_allowed")), "{method}");
        assert!(allow.contains("POST") && !allow.contains("GET"), "{allow}");
    }
    for (name, value, status, code) in [
        ("content-type", "text/plain", 415, "unsupported_media_type"),
        ("accept", "text/event-stream", 406, "not_acceptable"),
        ("accept", "application/json;q=0, text/html", 406, "not_acceptable"),
        ("origin", "https://elsewhere.example", 403, "forbidden"),
    ] {
        let sent = app.client.post(app.url(MCP)).header(name, value).body(ping.to_string());
        let (found, problem) = told(sent.send().await.unwrap()).await;
        assert_eq!((found, &problem["code"]), (status, &json!(code)), "{name}: {value}");
    }
    for accept in ["*/*", "application/*;q=0.1", "text/event-stream, application/json"] {
        let sent = app.client.post(app.url(MCP)).header("accept", accept).json(&ping);
        assert_eq!(sent.send().await.unwrap().status(), 200, "{accept}");
    }
    for (version, status) in [("2025-06-18", 200), ("2024-11-05", 400), ("soon", 400)] {
        let sent = message(&app, &ping).header("mcp-protocol-version", version);
        assert_eq!(sent.send().await.unwrap().status(), status, "{version}");
    }
    let note = json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {}});
    let sent = message(&app, &note).header("mcp-protocol-version", "soon");
    assert_eq!(sent.send().await.unwrap().status(), 400);
    let large = vec![b' '; 64 << 20];
    let sent = app.client.post(app.url(MCP)).header("content-type", "application/json").body(large);
    if let Ok(response) = sent.send().await {
        assert_eq!(response.status(), 413, "or the connection is closed in the middle of it");
    }
    assert_eq!(result(&app, "ping", &json!({})).await, json!({}));
}
