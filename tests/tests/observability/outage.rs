//! A database that is gone: one line, and metrics all the same.

use std::time::Duration;

use serde_json::Value;
use tapedeck_tests::proxy::Proxy;
use tempfile::TempDir;

use crate::server::{PATIENCE, Server};
use crate::support::TestDatabase;

#[tokio::test]
async fn a_scrape_answers_while_the_database_is_frozen() {
    let database = TestDatabase::migrated().await;
    let (proxy, url) = Proxy::before_database(&database.url()).await;
    let dir = TempDir::new().unwrap();
    let server = Server::start(dir.path(), &[("DATABASE_URL", &url)]).await;
    let before = server.scrape().await;
    assert_eq!(before.sum("tapedeck_up", &[("dependency", "database")]), 1.0);
    assert!(before.has("tapedeck_queue_jobs"));
    proxy.freeze();
    let frozen = async {
        loop {
            let scrape = tokio::time::timeout(Duration::from_secs(8), server.scrape()).await;
            let scrape = scrape.expect("a scrape does not wait for the database");
            if scrape.sum("tapedeck_up", &[("dependency", "database")]) == 0.0 {
                return scrape;
            }
        }
    };
    let scrape = tokio::time::timeout(PATIENCE, frozen).await.unwrap();
    assert!(scrape.has("tapedeck_up"), "it says so");
    assert_eq!(scrape.sum("tapedeck_ready", &[]), 0.0);
    assert!(!scrape.has("tapedeck_queue_jobs"), "old figures are not shown for new ones");
    assert!(scrape.has("tapedeck_http_requests_in_flight"), "the others are there");
    assert!(scrape.sum("process_resident_memory_bytes", &[]) > 0.0);
    proxy.restore();
    let restored = async {
        while !server.scrape().await.has("tapedeck_queue_jobs") {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PATIENCE, restored).await.unwrap();
}

#[tokio::test]
async fn a_database_that_is_gone_has_one_line_and_its_return_another() {
    let database = TestDatabase::migrated().await;
    let (proxy, url) = Proxy::before_database(&database.url()).await;
    let dir = TempDir::new().unwrap();
    let server = Server::start(dir.path(), &[("DATABASE_URL", &url)]).await;
    proxy.cut();
    let gone = "the database is away; nothing is started or kept until it is back";
    let line = server.said(gone, |_| true).await;
    assert_eq!(line["level"], "ERROR");
    assert!(!line["reason"].as_str().unwrap().is_empty(), "{line}");
    let (status, _) = server.get("/api/v1/queue").await;
    assert_eq!(status, 503);
    let served = server.said("request served", |line| line["http.status"] == 503).await;
    assert_eq!(served["level"], "INFO", "what is behind it was said: {served}");
    assert!(served["error"].is_string(), "{served}");
    // Long enough for every loop of the worker to have tried again.
    let failed = [("outcome", "failed")];
    let tried = async {
        while server.scrape().await.sum("tapedeck_queue_claims_total", &failed) < 4.0 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(PATIENCE, tried).await.unwrap();
    proxy.restore();
    server.said("the database is back", |line| line["away_ms"].is_u64()).await;
    let is_bad = |line: &Value| line["level"] == "ERROR" || line["level"] == "WARN";
    let about = |line: &Value| !line["message"].as_str().unwrap().contains("sandbox");
    let bad: Vec<Value> =
        server.lines().into_iter().filter(|line| is_bad(line) && about(line)).collect();
    assert_eq!(bad.len(), 2, "{bad:#?}");
}
