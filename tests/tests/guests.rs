//! Guest strategies over HTTP. What a module says of itself is told here by a script; that real
//! modules are run as they say is tested where they are run.

use std::sync::Arc;

use reqwest::{Method, Response};
use serde_json::{Value, json};
use tapedeck_domain::guest::{GuestForm, GuestMetadata, ModuleRef};
use tapedeck_domain::strategy::{ParamKind, ParamSchema};
use tapedeck_testkit::{Inspection, ScriptedInspector};
use tapedeck_tests::{TestApp, schema};

const STRATEGIES: &str = "/api/v1/strategies";

fn metadata() -> GuestMetadata {
    let length = ParamSchema {
        name: "length".to_owned(),
        kind: ParamKind::Integer,
        min: 2.0,
        max: 100.0,
        step: 1.0,
        default: 14.0,
        description: "Bars.".to_owned(),
    };
    GuestMetadata {
        abi: 1,
        form: GuestForm::Batch,
        name: Some("Momentum".to_owned()),
        description: Some("Follows.".to_owned()),
        params: vec![length],
    }
}

fn module(n: u8) -> Vec<u8> {
    [b"\0asm\x01\0\0\0".as_slice(), &[n; 5_000]].concat()
}

/// One in which the modules 1 to 3 can be run, and the module 9 makes the inspector fail.
async fn start(env: &[(&str, &str)]) -> TestApp {
    let inspector = Arc::new(ScriptedInspector::default());
    for n in 1..=3 {
        inspector.expect(&module(n), Inspection::Says(metadata()));
    }
    inspector.expect(&module(9), Inspection::Fails);
    TestApp::over(env, |adapters| tapedeck::Adapters { module_inspector: inspector, ..adapters })
        .await
}

async fn send(app: &TestApp, method: Method, path: &str, module: Vec<u8>) -> Response {
    let request = app.client.request(method, app.url(&format!("{STRATEGIES}{path}")));
    request.header("content-type", "application/wasm").body(module).send().await.unwrap()
}

/// Status and body.
async fn answer(response: Response) -> (u16, Value) {
    (response.status().as_u16(), response.json().await.unwrap())
}

async fn create(app: &TestApp, id: &str, n: u8) -> Value {
    let (status, body) =
        answer(send(app, Method::POST, &format!("?id={id}"), module(n)).await).await;
    assert_eq!(status, 201, "{body}");
    body
}

/// The sentence of a refusal.
#[track_caller]
fn refused((status, body): &(u16, Value), expected: u16, code: &str) -> String {
    assert_eq!((*status, body["code"].as_str()), (expected, Some(code)), "{body}");
    body["detail"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_module_is_a_resource_like_rules_are() {
    let app = start(&[]).await;
    let sent = send(&app, Method::POST, "?id=mine", module(1)).await;
    assert_eq!(sent.headers()["location"], "/api/v1/strategies/mine");
    assert_eq!(sent.headers()["etag"], "\"1\"");
    let (status, created) = answer(sent).await;
    let hash = ModuleRef::of(&module(1)).content_hash;
    assert_eq!(status, 201, "{created}");
    for (member, expected) in [
        ("id", json!("mine")),
        ("version", json!(1)),
        ("kind", json!("guest")),
        ("name", json!("Momentum")),
        ("description", json!("Follows.")),
        ("summary", json!(format!("As the module {} decides, with length = 14.", &hash[..12]))),
    ] {
        assert_eq!(created[member], expected, "{member}");
    }
    let definition = &created["definition"];
    assert_eq!(definition["module"], json!({"content_hash": hash, "bytes": 5_008}));
    assert_eq!((&definition["abi"], &definition["form"]), (&json!(1), &json!("batch")));
    let length = &created["schema"]["properties"]["length"];
    assert_eq!((&length["minimum"], &length["default"]), (&json!(2), &json!(14)));
    assert_eq!(app.get_json(&format!("{STRATEGIES}/mine")).await, (200, created.clone()));
    let list = app.get_json(STRATEGIES).await.1;
    assert_eq!(list["items"][0], created);

    let document = app.get_json("/api/openapi.json").await.1;
    let described = &document["components"]["schemas"];
    for (shape, value) in [("Strategy", &created), ("GuestDefinition", definition)] {
        assert_eq!(schema::faults(&document, &described[shape], value), Vec::<String>::new());
    }
}

#[tokio::test]
async fn the_query_names_a_module_and_is_read_strictly() {
    let app = start(&[]).await;
    let named =
        send(&app, Method::POST, "?id=mine&name=Mine%20%C3%A9&description=", module(1)).await;
    let (status, body) = answer(named).await;
    assert_eq!((status, &body["name"], &body["description"]), (201, &json!("Mine é"), &json!("")));
    for (method, path, pointer) in [
        (Method::POST, "", "query:id"),
        (Method::POST, "?id=No", "query:id"),
        (Method::POST, "?id=other&name=", "query:name"),
        (Method::POST, "?id=other&name=a%1Bb", "query:name"),
        (Method::POST, "?id=other&more=1", "query"),
        (Method::PUT, "/mine?id=other", "query"),
    ] {
        let answer = answer(send(&app, method, path, module(2)).await).await;
        refused(&answer, 422, "validation_error");
        assert_eq!(answer.1["errors"][0]["pointer"], pointer, "{path}");
    }
}

#[tokio::test]
async fn another_module_is_a_version_and_the_bytes_of_each_can_be_fetched() {
    let app = start(&[]).await;
    create(&app, "mine", 1).await;
    let put = |n, tag: &'static str| {
        let request = app.client.put(app.url(&format!("{STRATEGIES}/mine")));
        let request = request.header("content-type", "application/wasm; x=y");
        request.header("if-match", tag).body(module(n)).send()
    };
    let changed = answer(put(2, "\"1\"").await.unwrap()).await;
    assert_eq!((changed.0, &changed.1["version"]), (200, &json!(2)));
    let again = answer(put(2, "\"1\"").await.unwrap()).await;
    assert_eq!((again.0, &again.1["version"]), (200, &json!(2)), "it can be repeated");
    refused(&answer(put(3, "\"1\"").await.unwrap()).await, 409, "conflict");

    for (query, n) in [("", 2), ("?version=1", 1), ("?version=2", 2)] {
        let path = format!("{STRATEGIES}/mine/module{query}");
        let found = app.get(&path).await;
        assert_eq!(found.status(), 200);
        assert_eq!(found.headers()["content-type"], "application/wasm");
        let tag = found.headers()["etag"].to_str().unwrap().to_owned();
        assert_eq!(tag, format!("\"{}\"", ModuleRef::of(&module(n)).content_hash));
        assert_eq!(found.bytes().await.unwrap(), module(n), "{query}");
        let known = app.client.get(app.url(&path)).header("if-none-match", &tag);
        assert_eq!(known.send().await.unwrap().status(), 304);
    }
    let none = app.get_json(&format!("{STRATEGIES}/mine/module?version=3")).await;
    refused(&none, 404, "strategy_not_found");
    let rules = app.get_json(&format!("{STRATEGIES}/sma_crossover/module")).await;
    assert!(refused(&rules, 404, "not_found").contains("no module"));
}

#[tokio::test]
async fn a_strategy_keeps_its_kind() {
    let app = start(&[]).await;
    create(&app, "guest", 1).await;
    let group = json!({"all": [{"op": "gt", "left": "close", "right": 1}]});
    let definition = json!({"entry": group, "exit": group});
    let rules = json!({"id": "rules", "definition": definition});
    let posted = app.client.post(app.url(STRATEGIES)).json(&rules).send().await.unwrap();
    assert_eq!(posted.status(), 201);
    let module = answer(send(&app, Method::PUT, "/rules", module(2)).await).await;
    assert!(refused(&module, 409, "conflict").contains("`rules`"));
    let change = app.client.put(app.url(&format!("{STRATEGIES}/guest")));
    let change = change.json(&json!({"definition": definition})).send().await.unwrap();
    assert!(refused(&answer(change).await, 409, "conflict").contains("`guest`"));
}

#[tokio::test]
async fn modules_that_cannot_be_run_are_refused_and_checked_alike() {
    let app = start(&[]).await;
    create(&app, "mine", 1).await;
    for (method, path) in [(Method::POST, "?id=other"), (Method::PUT, "/mine")] {
        let answer = answer(send(&app, method, path, b"\x7fELF".to_vec()).await).await;
        assert_eq!(refused(&answer, 422, "validation_error"), "this is no module");
        assert_eq!(answer.1["errors"][0]["pointer"], "");
    }
    let failed = answer(send(&app, Method::POST, "?id=other", module(9)).await).await;
    refused(&failed, 500, "internal");
    let other = app.get_json(&format!("{STRATEGIES}/other")).await;
    refused(&other, 404, "strategy_not_found");

    let checked = answer(send(&app, Method::POST, "/validate", module(2)).await).await;
    assert_eq!((checked.0, &checked.1["valid"]), (200, &json!(true)));
    assert_eq!(checked.1["schema"]["properties"]["length"]["maximum"], 100);
    let checked = answer(send(&app, Method::POST, "/validate", b"no".to_vec()).await).await;
    assert_eq!((checked.0, &checked.1["valid"]), (200, &json!(false)));
    assert_eq!(checked.1["errors"][0]["detail"], "this is no module");
    let kept: Vec<_> = std::fs::read_dir(app.data_dir().join("modules")).unwrap().collect();
    assert_eq!(kept.len(), 1, "what was refused or checked left nothing");
}

#[tokio::test]
async fn modules_are_read_up_to_their_cap_and_no_further() {
    let app = start(&[("TAPEDECK__SANDBOX__MAX_MODULE_BYTES", "5008")]).await;
    create(&app, "mine", 1).await;
    let long = [module(2), vec![0]].concat();
    for (method, path) in
        [(Method::POST, "?id=other"), (Method::PUT, "/mine"), (Method::POST, "/validate")]
    {
        let announced = answer(send(&app, method.clone(), path, long.clone()).await).await;
        let detail = refused(&announced, 413, "payload_too_large");
        assert!(detail.contains("sandbox.max_module_bytes, 5008 bytes"), "{detail}");
        // In chunks, whose sum nobody announces.
        let chunks: Vec<_> = long.chunks(1_000).map(<[u8]>::to_vec).map(Ok::<_, String>).collect();
        let request = app.client.request(method, app.url(&format!("{STRATEGIES}{path}")));
        let body = reqwest::Body::wrap_stream(futures_util::stream::iter(chunks));
        let request = request.header("content-type", "application/wasm").body(body);
        let streamed = answer(request.send().await.unwrap()).await;
        refused(&streamed, 413, "payload_too_large");
    }
    let text = app.client.post(app.url(STRATEGIES)).header("content-type", "text/plain");
    let answer = answer(text.body("{}").send().await.unwrap()).await;
    assert!(refused(&answer, 415, "unsupported_media_type").contains("application/wasm"));
}

#[tokio::test]
async fn a_run_of_a_module_pins_it_and_a_sweep_does_not_take_it() {
    let app = start(&[]).await;
    create(&app, "mine", 1).await;
    let run = json!({"dataset_id": "aapl-1d", "strategy_id": "mine", "params": {"length": 9}});
    let (status, posted) = app.post_backtest(&run).await;
    assert_eq!(status, 202, "{posted}");
    assert_eq!(posted["strategy"]["version"], 1);
    assert_eq!(posted["params"], json!({"length": 9}));
    let wrong = json!({"dataset_id": "aapl-1d", "strategy_id": "mine", "params": {"length": 1}});
    let answer_to_wrong = app.post_backtest(&wrong).await;
    refused(&answer_to_wrong, 422, "validation_error");
    assert_eq!(answer_to_wrong.1["errors"][0]["pointer"], "/params/length");

    let sweep = json!({"backtest": {"dataset_id": "aapl-1d", "strategy_id": "mine"},
        "parameters": {"length": {"from": 5, "to": 9}}});
    let sent = app.client.post(app.url("/api/v1/sweeps")).json(&sweep).send().await.unwrap();
    let detail = refused(&answer(sent).await, 422, "validation_error");
    assert_eq!(detail, "a guest strategy cannot be swept yet");
}

#[tokio::test]
async fn a_run_of_more_bars_than_may_be_is_refused_with_both_numbers() {
    let app = TestApp::with(&[("TAPEDECK__EXECUTOR__BARS", "100")]).await;
    let run = json!({"dataset_id": "aapl-1d", "strategy_id": "sma_crossover"});
    let answer = app.post_backtest(&run).await;
    let detail = refused(&answer, 422, "validation_error");
    assert!(detail.ends_with("and the limit is 100"), "{detail}");
    assert_eq!(answer.1["errors"][0]["pointer"], "/from");
    let mut lower = run;
    lower["limits"] = json!({"bars": 10});
    let answer = app.post_backtest(&lower).await;
    assert_eq!(answer.1["errors"][0]["pointer"], "/limits/bars");
}
