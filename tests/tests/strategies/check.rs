//! Rules that are checked, and their schema.

use reqwest::Method;
use serde_json::{Value, json};
use tapedeck_tests::TestApp;

use crate::{STRATEGIES, faults, get, refused, rules, send};

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
