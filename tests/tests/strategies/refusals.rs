//! What is refused, and how.

use reqwest::Method;
use serde_json::json;
use tapedeck_tests::TestApp;

use crate::{STRATEGIES, body, create, faults, get, put, refused, rules, send};

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
