//! Every operation that is described, called with everything that a client may send to say who it
//! is. What is expected is in `tests/access-matrix.txt`: an operation that is not there fails.

use std::collections::BTreeSet;
use std::path::Path;

use reqwest::Method;
use serde_json::{Value, json};
use tapedeck_tests::TestApp;

use super::support::TestDatabase;
use super::{key_of, made, post, request};

/// What a client sends, in the order of the columns.
const COLUMNS: [&str; 9] =
    ["none", "malformed", "unknown", "expired", "revoked", "read", "run", "admin", "ticket"];

/// A key that looks like one, and is none of this server.
async fn key_of_another_server() -> String {
    let other = TestApp::start().await;
    key_of(&other, None, "other", "admin").await
}

/// Everything but the ticket, which is good for one request; `None` sends nothing.
async fn credentials(app: &TestApp, admin: &str) -> Vec<Option<String>> {
    let expiring = json!({"name": "expired", "scope": "admin", "expires_in_ms": 1});
    let expired = made(app, Some(admin), &expiring).await;
    let revoked = made(app, Some(admin), &json!({"name": "revoked", "scope": "admin"})).await;
    let path = format!("/api/v1/keys/{}", revoked["id"].as_str().unwrap());
    let gone = request(app, Method::DELETE, &path, Some(admin)).send().await.unwrap();
    assert_eq!(gone.status().as_u16(), 204);
    let text = |key: &Value| Some(key["key"].as_str().unwrap().to_owned());
    vec![
        None,
        Some("td_malformed".to_owned()),
        Some(key_of_another_server().await),
        text(&expired),
        text(&revoked),
        Some(key_of(app, Some(admin), "read", "read").await),
        Some(key_of(app, Some(admin), "run", "run").await),
        Some(admin.to_owned()),
    ]
}

fn operations(document: &Value) -> Vec<(String, Method)> {
    let paths = document["paths"].as_object().unwrap().iter();
    paths
        .flat_map(|(path, item)| {
            let methods = item.as_object().unwrap().keys();
            methods.map(move |method| (path.clone(), method.to_uppercase().parse().unwrap()))
        })
        .collect()
}

/// Ids that name nothing, so that whoever is let through changes nothing.
fn concrete(path: &str) -> String {
    let mut parts = path.split('/').map(|part| if part.starts_with('{') { "none" } else { part });
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |path, part| path + "/" + part)
}

/// `401`, `403`, or `pass` for whatever the route itself answers.
async fn outcome(app: &TestApp, method: &Method, path: &str, key: Option<&str>) -> String {
    let status = request(app, method.clone(), path, key).send().await.unwrap().status().as_u16();
    assert_ne!(status, 500, "{method} {path}");
    if matches!(status, 401 | 403) { status.to_string() } else { "pass".to_owned() }
}

/// A line for each operation, as it is.
async fn found(app: &TestApp) -> BTreeSet<String> {
    let admin = key_of(app, None, "admin", "admin").await;
    let credentials = credentials(app, &admin).await;
    let (_, document) = super::get(app, "/api/openapi.json", None).await;
    let mut lines = BTreeSet::new();
    for (path, method) in operations(&document) {
        let target = concrete(&path);
        let mut line = format!("{method} {path}");
        for (column, credential) in COLUMNS.iter().zip(&credentials) {
            let outcome = outcome(app, &method, &target, credential.as_deref()).await;
            line += &format!(" {column}={outcome}");
        }
        let (_, ticket) = post(app, "/api/v1/tickets", Some(&admin), &json!({})).await;
        let ticketed = format!("{target}?ticket={}", ticket["ticket"].as_str().unwrap());
        line += &format!(" ticket={}", outcome(app, &method, &ticketed, None).await);
        lines.insert(line);
    }
    lines
}

fn expected() -> BTreeSet<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("access-matrix.txt");
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
}

fn compare(found: &BTreeSet<String>) {
    assert!(found.len() > 50, "the operations were found");
    let expected = expected();
    let new: Vec<_> = found.difference(&expected).map(String::as_str).collect();
    let gone: Vec<_> = expected.difference(found).map(String::as_str).collect();
    assert!(
        new.is_empty() && gone.is_empty(),
        "what is found and not in tests/access-matrix.txt:\n{}\n\nwhat is there and not found:\n{}",
        new.join("\n"),
        gone.join("\n"),
    );
}

#[tokio::test]
async fn every_operation_asks_for_what_the_table_says() {
    compare(&found(&TestApp::start().await).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_asks_for_what_the_table_says_on_postgres() {
    let database = TestDatabase::empty().await;
    compare(&found(&TestApp::with(&[("DATABASE_URL", &database.url())]).await).await);
}
