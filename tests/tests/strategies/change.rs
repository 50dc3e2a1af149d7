//! New versions.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use tapedeck_tests::TestApp;

use crate::{STRATEGIES, create, get, put, refused, rules, send_if};

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
