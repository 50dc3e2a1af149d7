use std::time::Duration;

use super::*;

async fn key(app: &TestApp, by: Option<&str>, name: &str, scope: &str) -> String {
    let request = app.client.post(app.url("/api/v1/keys"));
    let request = request.json(&json!({"name": name, "scope": scope}));
    let request = match by {
        Some(by) => request.bearer_auth(by),
        None => request,
    };
    let (status, made) = told(request.send().await.unwrap()).await;
    assert_eq!(status, 201, "{made}");
    made["key"].as_str().unwrap().to_owned()
}

async fn asked(app: &TestApp, key: &str, method: &str, params: &Value) -> Value {
    let sent = message(app, &request(method, params)).bearer_auth(key);
    let (status, answer) = told(sent.send().await.unwrap()).await;
    assert_eq!(status, 200, "{answer}");
    answer["result"].clone()
}

#[tokio::test]
async fn a_key_that_may_only_read_changes_nothing() {
    let app = start().await;
    let admin = key(&app, None, "owner", "admin").await;
    let read = key(&app, Some(&admin), "reader", "read").await;
    let run = key(&app, Some(&admin), "assistant", "run").await;
    let (status, _) = told(message(&app, &request("ping", &json!({}))).send().await.unwrap()).await;
    assert_eq!(status, 401, "a key is needed");

    let names = |listed: &Value| -> Vec<String> {
        let tools = listed["tools"].as_array().unwrap().iter();
        tools.map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
    };
    let of_read = names(&asked(&app, &read, "tools/list", &json!({})).await);
    let of_run = names(&asked(&app, &run, "tools/list", &json!({})).await);
    let more: Vec<_> = of_run.iter().filter(|name| !of_read.contains(name)).collect();
    let changing =
        ["validate_rules", "submit_backtest", "cancel_backtest", "submit_sweep", "cancel_sweep"];
    assert_eq!(more, changing);

    let body = json!({"dataset_id": "aapl-1d", "strategy_id": "sma_crossover"});
    let submit = json!({"name": "submit_backtest", "arguments": body});
    let refused = asked(&app, &read, "tools/call", &submit).await;
    assert_eq!(refused["isError"], true, "{refused}");
    assert_eq!(refused["structuredContent"]["code"], "forbidden", "{refused}");
    for tool in changing {
        let call = json!({"name": tool, "arguments": {}});
        let refused = asked(&app, &read, "tools/call", &call).await;
        assert_eq!(refused["structuredContent"]["code"], "forbidden", "{tool}");
    }
    let listed = app.client.get(app.url("/api/v1/backtests")).bearer_auth(&read);
    assert_eq!(told(listed.send().await.unwrap()).await.1["items"], json!([]));

    let taken = asked(&app, &run, "tools/call", &submit).await;
    assert_eq!(taken["isError"], false, "{taken}");
    let id = &taken["structuredContent"]["id"];
    let cancel = json!({"name": "cancel_backtest", "arguments": {"backtest_id": id}});
    let sent = message(&app, &request("tools/call", &cancel)).bearer_auth(&run);
    let sent = sent.header("x-request-id", "from-an-assistant").send().await.unwrap();
    assert_eq!(sent.headers()["x-request-id"], "from-an-assistant");
}

#[tokio::test]
async fn who_cancels_is_in_the_audit_trail() {
    let app = start().await;
    app.client.post(app.url("/api/v1/queue/pause")).send().await.unwrap();
    let admin = key(&app, None, "owner", "admin").await;
    let run = key(&app, Some(&admin), "assistant", "run").await;
    let body = json!({"dataset_id": "aapl-1d", "strategy_id": "sma_crossover"});
    let submit = json!({"name": "submit_backtest", "arguments": body});
    let id = asked(&app, &run, "tools/call", &submit).await["structuredContent"]["id"].clone();
    let cancel = json!({"name": "cancel_backtest", "arguments": {"backtest_id": id}});
    let sent = message(&app, &request("tools/call", &cancel)).bearer_auth(&run);
    sent.header("x-request-id", "from-an-assistant").send().await.unwrap();
    let trail = app.client.get(app.url("/api/v1/audit?action=backtest.cancel")).bearer_auth(&admin);
    let (_, trail) = told(trail.send().await.unwrap()).await;
    let entry = &trail["items"][0];
    assert_eq!(entry["actor"], "key:assistant", "{trail}");
    assert_eq!(entry["request_id"], "from-an-assistant", "{trail}");
    assert!(entry["subject"].as_str().unwrap().contains(id.as_str().unwrap()), "{trail}");
}

/// What the endpoint answers now.
async fn now(app: &TestApp) -> u16 {
    message(app, &request("ping", &json!({}))).send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn the_flag_is_switched_while_the_server_runs() {
    let app = TestApp::start().await;
    assert_eq!(now(&app).await, 404);
    for (value, status) in [(true, 200), (false, 404), (true, 200)] {
        let flag = app.client.put(app.url("/api/v1/flags/ai_assistant"));
        let set = flag.json(&json!({"value": value})).send().await.unwrap();
        assert_eq!(set.status(), 200);
        let switched = async {
            while now(&app).await != status {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let switched = tokio::time::timeout(Duration::from_secs(30), switched).await;
        assert!(switched.is_ok(), "still not {status}");
    }
    let (_, trail) = app.get_json("/api/v1/audit?action=flag.set").await;
    assert_eq!(trail["items"].as_array().unwrap().len(), 3, "{trail}");
}
