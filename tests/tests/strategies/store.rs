//! Storing, listing and reading.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use tapedeck_tests::TestApp;

use crate::{STRATEGIES, body, create, get, ids, put, refused, rules, send};

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
