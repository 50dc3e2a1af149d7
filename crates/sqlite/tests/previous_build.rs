//! A database that the previous build wrote goes on under this one.

use std::time::Duration;

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use tapedeck_domain::port::Migrations as _;
use tapedeck_sqlite::{Database, SqliteJobs, SqliteMigrations};
use tapedeck_testkit::conformance::Jobs;
use tapedeck_testkit::conformance::previous_build::BESIDE;

const DUMP: &str = include_str!("fixtures/previous-build.sql");

/// The dump, migrated, after `statements`.
async fn after(statements: &str) -> Jobs {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("jobs.db");
    let execute = |sql: &str| {
        let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
        conn.batch_execute(sql).unwrap();
    };
    execute(DUMP);
    let database = Database::open(&path, 4, Duration::from_secs(30)).await.unwrap();
    let applied = SqliteMigrations(database.clone()).up().await.unwrap();
    assert!(!applied.is_empty(), "the dump is of an older schema");
    execute(statements);
    Jobs::new(SqliteJobs::new(database), dir)
}

async fn jobs() -> Jobs {
    after("").await
}

tapedeck_testkit::previous_build_suite!(jobs);

#[tokio::test]
async fn the_previous_build_goes_on_beside_this_one() {
    after(BESIDE).await.go_on_beside_the_previous_build().await;
}
