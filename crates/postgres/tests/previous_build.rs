//! Rows that the previous build wrote go on under this one.

#[expect(dead_code, reason = "shared with other tests")]
mod support;

use support::{TestDatabase, client};
use tapedeck_domain::port::Migrations as _;
use tapedeck_postgres::{PostgresJobs, PostgresMigrations};
use tapedeck_testkit::conformance::Jobs;
use tapedeck_testkit::conformance::previous_build::BESIDE;

/// The rows are those of the embedded database: both have the same tables.
const DUMP: &str = include_str!("../../sqlite/tests/fixtures/previous-build.sql");

/// The last migration that the previous build knew.
const SCHEMA: &str = "20261121102500";

/// A database of the previous build, migrated, after `statements`.
async fn after(statements: &str) -> Jobs {
    let guard = TestDatabase::empty().await;
    let database = guard.open(8).await;
    let migrations = PostgresMigrations(database.clone());
    migrations.up().await.unwrap();
    while migrations.status().await.unwrap().applied.last().unwrap().as_str() != SCHEMA {
        migrations.down().await.unwrap();
    }
    let client = client(&guard.name).await;
    let is_row = |line: &&str| line.starts_with("INSERT INTO") && !line.contains("__diesel");
    let rows: Vec<_> = DUMP.lines().filter(is_row).collect();
    client.batch_execute(&rows.join("\n")).await.unwrap();
    migrations.up().await.unwrap();
    client.batch_execute(statements).await.unwrap();
    Jobs::new(PostgresJobs::new(database, support::unique()), guard)
}

async fn jobs() -> Jobs {
    after("").await
}

tapedeck_testkit::previous_build_suite!(jobs);

#[tokio::test]
async fn the_previous_build_goes_on_beside_this_one() {
    after(BESIDE).await.go_on_beside_the_previous_build().await;
}
