//! Strategies that users store, over HTTP, on the embedded database.

use futures_util::future::join_all;
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

#[tokio::test]
async fn a_stored_strategy_is_a_resource_like_those_that_came_with_the_server() {
    let app = TestApp::start().await;
    let mut new = body("mine");
    (new["name"], new["description"]) = (json!("Mine"), json!("Crosses."));
    let created = send(&app, Method::POST, STRATEGIES, Some(&new)).await;
    assert_eq!(created.status, 201, "{created:?}");
    assert_eq!(created.location.as_deref(), Some("/api/v1/strategies/mine"));
    assert_eq!(created.etag.as_deref(), Some("\"1\""));
    for (member, expected) in [
        ("id", json!("mine")),
        ("version", json!(1)),
        ("kind", json!("rules")),
        ("name", json!("Mine")),
        ("description", json!("Crosses.")),
        ("definition", rules(20)),
    ] {
        assert_eq!(created.body[member], expected, "{member}");
    }
    let found = get(&app, "/mine").await;
    assert_eq!((found.status, &found.etag, &found.body), (200, &created.etag, &created.body));
    let summary = found.body["summary"].as_str().unwrap();
    assert!(summary.contains("SMA(20) crosses above SMA(50)"), "{summary}");

    let schema = get(&app, "/mine/schema").await.body;
    assert_eq!(schema, found.body["schema"]);
    assert_eq!(schema["properties"]["fast"]["default"], 20);
    let list = get(&app, "").await.body;
    assert_eq!(ids(&list)[..2], ["mine", "sma_crossover"], "stored ones come first");
    assert_eq!(list["items"][0], found.body);
}

#[tokio::test]
async fn a_change_is_a_new_version_and_the_old_one_can_still_be_read() {
    let app = TestApp::start().await;
    let first = create(&app, "mine").await;
    let changed = put(&app, "mine", 10, Some("\"1\"")).await;
    assert_eq!((changed.status, changed.etag.as_deref()), (200, Some("\"2\"")), "{changed:?}");
    assert_eq!(changed.body["definition"], rules(10));
    assert_ne!(changed.body["content_hash"], first["content_hash"]);
    assert_eq!(changed.body["name"], "mine", "what is not said stays");

    assert_eq!(get(&app, "/mine").await.body, changed.body);
    let old = get(&app, "/mine?version=1").await;
    assert_eq!((old.etag.as_deref(), &old.body), (Some("\"1\""), &first));
    let schema = get(&app, "/mine/schema?version=1").await.body;
    assert_eq!(schema["properties"]["fast"]["default"], 20);
    let versions = get(&app, "/mine/versions?include_total=true").await.body;
    let expected = json!({"items": [changed.body, first], "next_cursor": null, "total": 2});
    assert_eq!(versions, expected);
    refused(&get(&app, "/mine?version=3").await, 404, "strategy_not_found");
    refused(&get(&app, "/mine/schema?version=0").await, 404, "strategy_not_found");
}

#[tokio::test]
async fn a_change_that_says_the_same_is_answered_with_the_version_that_is_there() {
    let app = TestApp::start().await;
    let first = create(&app, "mine").await;
    // The same in other words, and from a version that is not the latest.
    for (text, tag) in [(rules(20).to_string(), None), (spaced(&rules(20)), Some("\"9\""))] {
        let url = app.url(&format!("{STRATEGIES}/mine"));
        let mut request = app.client.put(url).header("content-type", "application/json");
        if let Some(tag) = tag {
            request = request.header("if-match", tag);
        }
        let sent = request.body(format!("{{\"definition\": {text}}}")).send().await.unwrap();
        assert_eq!(
            (sent.status().as_u16(), &sent.headers()["etag"]),
            (200, &"\"1\"".parse().unwrap())
        );
        assert_eq!(sent.json::<Value>().await.unwrap(), first);
    }
    assert_eq!(get(&app, "/mine/versions").await.body["items"], json!([first]));
}

/// With whole numbers as fractions, and white space.
fn spaced(definition: &Value) -> String {
    let pretty = serde_json::to_string_pretty(definition).unwrap();
    let other = pretty.replace(": 20,", ": 2.0e1,").replace(": 50,", ": 50.0,");
    assert_ne!(other, pretty);
    other
}

#[tokio::test]
async fn a_change_from_another_version_than_the_latest_is_refused() {
    let app = TestApp::start().await;
    create(&app, "mine").await;
    assert_eq!(put(&app, "mine", 10, None).await.status, 200);
    for tag in ["\"1\"", "\"3\"", "W/\"2\"", "\"x\"", "2"] {
        let late = put(&app, "mine", 30, Some(tag)).await;
        refused(&late, 409, "conflict");
        assert!(late.body["detail"].as_str().unwrap().contains("latest version is 2"), "{late:?}");
        let path = format!("{STRATEGIES}/mine");
        refused(&send_if(&app, Method::DELETE, &path, None, Some(tag)).await, 409, "conflict");
    }
    for (tag, fast) in [("\"2\"", 30), ("\"1\", \"3\"", 40), ("*", 60)] {
        assert_eq!(put(&app, "mine", fast, Some(tag)).await.status, 200, "{tag}");
    }
    assert_eq!(get(&app, "/mine").await.body["version"], 5);
}

#[tokio::test]
async fn of_changes_at_the_same_moment_none_is_lost() {
    let app = TestApp::start().await;
    create(&app, "mine").await;
    let answers = join_all((2..10).map(|fast| put(&app, "mine", fast, None))).await;
    assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
    let versions = get(&app, "/mine/versions").await.body["items"].as_array().unwrap().clone();
    assert_eq!(versions.len(), 9);
    for answer in answers {
        assert!(versions.contains(&answer.body), "{answer:?}");
    }

    let answers = join_all((20..28).map(|fast| put(&app, "mine", fast + 1, Some("\"9\"")))).await;
    let won: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
    assert_eq!(won.len(), 1, "{answers:?}");
    assert_eq!(get(&app, "/mine").await.body, won[0].body);
    for lost in answers.iter().filter(|answer| answer.status != 200) {
        refused(lost, 409, "conflict");
    }
}

#[tokio::test]
async fn of_creations_under_one_name_at_the_same_moment_one_succeeds() {
    let app = TestApp::start().await;
    let body = body("mine");
    let posts = (0..8).map(|_| send(&app, Method::POST, STRATEGIES, Some(&body)));
    let answers = join_all(posts).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1, "{answers:?}");
    for lost in answers.iter().filter(|answer| answer.status != 201) {
        refused(lost, 409, "conflict");
    }
}

#[tokio::test]
async fn names_that_are_taken_or_reserved_are_refused_with_a_reason() {
    let app = TestApp::start().await;
    create(&app, "mine").await;
    for (id, reason) in [
        ("mine", "in use"),
        ("sma_crossover", "came with the server"),
        ("inline", "for itself"),
        ("validate", "for itself"),
        ("rules-schema", "for itself"),
    ] {
        let answer = send(&app, Method::POST, STRATEGIES, Some(&body(id))).await;
        refused(&answer, 409, "conflict");
        assert!(answer.body["detail"].as_str().unwrap().contains(reason), "{id}: {answer:?}");
    }
    refused(&put(&app, "sma_crossover", 10, None).await, 409, "conflict");
    let path = format!("{STRATEGIES}/sma_crossover");
    refused(&send(&app, Method::DELETE, &path, None).await, 409, "conflict");
    assert_eq!(get(&app, "/sma_crossover").await.status, 200);
}

#[tokio::test]
async fn rules_that_are_not_valid_are_refused_with_every_fault_in_its_place() {
    let app = TestApp::start().await;
    let mut wrong = body("mine");
    wrong["definition"]["entry"]["all"][0]["left"] = json!("fsat");
    wrong["definition"]["indicators"]["slow"]["kind"] = json!("smooth");
    wrong["definition"]["more"] = json!(1);
    let expected = [
        ("/definition/entry/all/0/left", "unknown"),
        ("/definition/indicators/slow/kind", "unknown"),
        ("/definition/more", "unknown"),
    ];
    create(&app, "other").await;
    let change = json!({"definition": wrong["definition"]});
    for (method, path, body) in [(Method::POST, "", &wrong), (Method::PUT, "/other", &change)] {
        let answer = send(&app, method, &format!("{STRATEGIES}{path}"), Some(body)).await;
        refused(&answer, 422, "validation_error");
        let mut found = faults(&answer.body["errors"]);
        found.sort_unstable();
        assert_eq!(found, expected);
    }
    refused(&get(&app, "/mine").await, 404, "strategy_not_found");
    assert_eq!(get(&app, "/other").await.body["version"], 1);
}

#[tokio::test]
async fn bodies_of_another_shape_are_refused() {
    let app = TestApp::start().await;
    create(&app, "other").await;
    for (body, expected) in [
        (json!({}), vec![("/id", "missing"), ("/definition", "missing")]),
        (json!([]), vec![("", "type")]),
        (json!({"id": "Mine", "definition": {}}), vec![("/id", "range")]),
        (json!({"id": "mine", "rules": {}}), vec![("/rules", "unknown")]),
        (json!({"id": "mine", "definition": []}), vec![("/definition", "type")]),
        (json!({"id": "mine", "definition": {}}), vec![("/definition/entry", "missing")]),
        (json!({"id": "mine", "name": "\u{0}", "definition": {}}), vec![("/name", "range")]),
    ] {
        let answer = send(&app, Method::POST, STRATEGIES, Some(&body)).await;
        refused(&answer, 422, "validation_error");
        assert_eq!(faults(&answer.body["errors"]), expected, "{body}");
    }
    let id = json!({"id": "other", "definition": rules(20)});
    let answer = send(&app, Method::PUT, &format!("{STRATEGIES}/other"), Some(&id)).await;
    assert_eq!(faults(&answer.body["errors"]), [("/id", "unknown")]);

    for (method, path) in [(Method::POST, ""), (Method::PUT, "/other"), (Method::POST, "/validate")]
    {
        let url = app.url(&format!("{STRATEGIES}{path}"));
        for (content_type, body, status) in [
            ("application/json", "{", 400),
            ("application/json", "{} {}", 400),
            ("text/plain", "{}", 415),
            ("application/json", &"x".repeat(2_000_000), 413),
        ] {
            let request = app.client.request(method.clone(), &url);
            let request = request.header("content-type", content_type).body(body.to_owned());
            let answer = request.send().await.unwrap().status().as_u16();
            assert_eq!(answer, status, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let app = TestApp::start().await;
    for id in ["never", "Never", "a%2Fb"] {
        for path in ["", "/versions", "/schema"] {
            refused(&get(&app, &format!("/{id}{path}")).await, 404, "strategy_not_found");
        }
        refused(&put(&app, id, 10, None).await, 404, "strategy_not_found");
        let path = format!("{STRATEGIES}/{id}");
        refused(&send(&app, Method::DELETE, &path, None).await, 404, "strategy_not_found");
    }
    refused(&get(&app, "/validate").await, 405, "method_not_allowed");
    refused(&get(&app, "/sma_crossover?version=x").await, 422, "validation_error");
    refused(&get(&app, "/sma_crossover?versoin=1").await, 422, "validation_error");
    refused(&get(&app, "?cursor=zz").await, 400, "out_of_range");
    refused(&get(&app, "?limit=0").await, 422, "validation_error");
}

#[tokio::test]
async fn pages_go_through_all_strategies_and_all_versions() {
    let app = TestApp::start().await;
    for n in 0..5 {
        create(&app, &format!("s{n}")).await;
    }
    for fast in 2..6 {
        put(&app, "s0", fast, None).await;
    }
    let all = get(&app, "?limit=500&include_total=true").await.body;
    assert_eq!(ids(&all)[..5], ["s4", "s3", "s2", "s1", "s0"], "a change moves nothing");
    assert_eq!(all["total"].as_u64(), Some(ids(&all).len() as u64));
    for (path, expected) in [
        ("", all["items"].clone()),
        ("/s0/versions", get(&app, "/s0/versions").await.body["items"].clone()),
    ] {
        let (mut next, mut found) = (Some(format!("{STRATEGIES}{path}?limit=2")), Vec::new());
        while let Some(path) = next {
            let page = send(&app, Method::GET, &path, None).await;
            let items = page.body["items"].as_array().unwrap();
            assert!((1..=2).contains(&items.len()), "{page:?}");
            found.extend(items.clone());
            assert_eq!(page.link.is_some(), page.body["next_cursor"].is_string());
            next = page.link.map(|link| link.split(['<', '>']).nth(1).unwrap().to_owned());
        }
        assert_eq!(Value::from(found), expected, "{path}");
    }
}

#[tokio::test]
async fn rules_can_be_checked_without_storing_them() {
    let app = TestApp::start().await;
    let path = format!("{STRATEGIES}/validate");
    let before = get(&app, "").await.body;
    let check = async |body: Value| send(&app, Method::POST, &path, Some(&body)).await;

    let valid = check(json!({"definition": rules(20), "params": {"fast": 7}})).await;
    assert_eq!((valid.status, &valid.body["valid"]), (200, &json!(true)), "{valid:?}");
    assert!(valid.body["summary"].as_str().unwrap().contains("SMA(7) crosses above"), "{valid:?}");
    assert_eq!(valid.body["schema"]["properties"]["slow"]["maximum"], 200);
    assert_eq!(valid.body["warnings"], json!([]));

    let mut open = rules(20);
    open.as_object_mut().unwrap().remove("exit");
    open["indicators"]["unused"] = json!({"kind": "obv"});
    let warned = check(json!({"definition": open})).await.body;
    let expected =
        [("/definition/indicators/unused", "unused"), ("/definition/exit", "never_leaves")];
    assert_eq!(faults(&warned["warnings"]), expected);

    let mut wrong = rules(20);
    wrong["exit"]["any"][0]["op"] = json!("crosses");
    let invalid = check(json!({"definition": wrong})).await;
    assert_eq!((invalid.status, &invalid.body["valid"]), (200, &json!(false)), "{invalid:?}");
    assert_eq!(faults(&invalid.body["errors"]), [("/definition/exit/any/0/op", "unknown")]);
    for (definition, at) in [(json!([]), "/definition"), (json!("x"), "/definition")] {
        let invalid = check(json!({"definition": definition})).await;
        assert_eq!((invalid.status, faults(&invalid.body["errors"])), (200, vec![(at, "type")]));
    }
    let params = check(json!({"definition": rules(20), "params": {"fast": 101, "x": 1}})).await;
    assert_eq!(
        (params.status, faults(&params.body["errors"])),
        (200, vec![("/params/x", "unknown"), ("/params/fast", "range")])
    );
    refused(&check(json!({})).await, 422, "validation_error");
    refused(&check(json!({"definition": {}, "params": 1})).await, 422, "validation_error");
    assert_eq!(get(&app, "").await.body, before, "nothing was stored");
}

#[tokio::test]
async fn the_schema_of_rule_sets_is_served() {
    let app = TestApp::start().await;
    let response = app.get("/api/v1/rules-schema").await;
    assert_eq!(response.headers()["content-type"], "application/schema+json");
    let schema: Value = response.json().await.unwrap();
    assert!(schema["properties"]["entry"].is_object(), "{schema}");
}

fn run(id: &str, version: Option<u32>) -> Value {
    let mut run = json!({
        "dataset_id": "aapl-1d", "strategy_id": id,
        "sizing": {"kind": "fixed_quantity", "value": 100}, "costs": {"commission_bps": 10},
    });
    if let Some(version) = version {
        run["strategy_version"] = json!(version);
    }
    run
}

async fn trades(app: &TestApp, run: &Value) -> Value {
    let path = format!("/api/v1/backtests/{}/trades", run["id"].as_str().unwrap());
    let (status, trades) = app.get_json(&path).await;
    assert_eq!(status, 200, "{trades}");
    trades["items"].clone()
}

#[tokio::test]
async fn a_stored_crossover_trades_as_the_one_that_came_with_the_server() {
    let app = TestApp::start().await;
    create(&app, "mine").await;
    let stored = app.run_backtest(&run("mine", None)).await;
    assert_eq!(stored["status"], "succeeded", "{stored}");
    let built_in = app.run_backtest(&run("sma_crossover", None)).await;
    assert_eq!(stored["metrics"], built_in["metrics"]);
    let rows = trades(&app, &stored).await;
    assert_eq!((rows.as_array().unwrap().len(), &rows), (30, &trades(&app, &built_in).await));
}

#[tokio::test]
async fn a_run_pins_the_version_that_it_names_or_the_latest() {
    let app = TestApp::start().await;
    create(&app, "mine").await;
    let first = app.run_backtest(&run("mine", None)).await;
    put(&app, "mine", 10, None).await;
    let second = app.run_backtest(&run("mine", None)).await;
    assert_ne!(first["input_hash"], second["input_hash"]);
    assert_ne!(trades(&app, &first).await, trades(&app, &second).await);
    for (version, same) in [(1, &first), (2, &second)] {
        assert_eq!(same["strategy"]["version"], version);
        let (status, again) = app.post_backtest(&run("mine", Some(version))).await;
        assert_eq!((status, &again["id"]), (200, &same["id"]), "{again}");
    }
    let (status, problem) = app.post_backtest(&run("mine", Some(3))).await;
    assert_eq!(status, 422);
    assert_eq!(faults(&problem["errors"]), [("/strategy_version", "range")]);
    assert_eq!(problem["errors"][0]["detail"], "`mine` has versions 1 to 2");
}

#[tokio::test]
async fn runs_outlive_the_strategy_that_they_used() {
    let app = TestApp::start().await;
    create(&app, "mine").await;
    let done = app.run_backtest(&run("mine", None)).await;
    let before = trades(&app, &done).await;
    let path = format!("{STRATEGIES}/mine");
    let gone = send(&app, Method::DELETE, &path, None).await;
    assert_eq!((gone.status, gone.body), (204, Value::Null));

    for path in ["/mine", "/mine?version=1", "/mine/versions", "/mine/schema"] {
        refused(&get(&app, path).await, 404, "strategy_not_found");
    }
    refused(&send(&app, Method::DELETE, &path, None).await, 404, "strategy_not_found");
    refused(&put(&app, "mine", 10, None).await, 404, "strategy_not_found");
    assert!(!ids(&get(&app, "").await.body).contains(&"mine"));
    refused(&send(&app, Method::POST, STRATEGIES, Some(&body("mine"))).await, 409, "conflict");
    let (status, problem) = app.post_backtest(&run("mine", Some(1))).await;
    assert_eq!((status, &problem["code"]), (404, &json!("strategy_not_found")));

    assert_eq!(trades(&app, &done).await, before);
    let id = done["id"].as_str().unwrap();
    let (_, manifest) = app.get_json(&format!("/api/v1/backtests/{id}/manifest")).await;
    let spec = &manifest["specification"];
    assert_eq!(spec["strategy"], json!({"id": "mine", "version": 1}));
    assert_eq!(spec["rules"]["indicators"]["fast"]["kind"], "sma", "{manifest}");
    let (_, runs) = app.get_json("/api/v1/backtests?strategy_id=mine").await;
    assert_eq!(runs["items"].as_array().unwrap().len(), 1);
}
