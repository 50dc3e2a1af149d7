//! Two processes over one database: as two pools, which share nothing but the server.

#[expect(dead_code, reason = "shared with other tests")]
mod support;

use std::sync::Arc;

use support::TestDatabase;
use tapedeck_postgres::PostgresJobs;
use tapedeck_testkit::storm;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_of_workers_of_two_processes_loses_nothing_and_keeps_to_the_limits() {
    let database = TestDatabase::migrated().await;
    let process = async || Arc::new(PostgresJobs::new(database.open(6).await, support::unique()));
    storm(vec![process().await, process().await]).await;
}
