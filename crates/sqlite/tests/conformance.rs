//! The embedded store keeps the contracts of its ports.

use std::sync::Arc;
use std::time::Duration;

use tapedeck_domain::port::Migrations as _;
use tapedeck_sqlite::{
    Database, SqliteDatasets, SqliteJobs, SqliteMigrations, SqliteSchedules, SqliteStrategies,
};
use tapedeck_testkit::conformance::{Catalog, Jobs, Schedules, Strategies};
use tempfile::TempDir;

async fn database() -> (Database, TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("jobs.db");
    let database = Database::open(&path, 4, Duration::from_secs(30)).await.unwrap();
    SqliteMigrations(database.clone()).up().await.unwrap();
    (database, dir)
}

async fn jobs() -> Jobs {
    let (database, dir) = database().await;
    Jobs::new(SqliteJobs::new(database), dir)
}

async fn catalog() -> Catalog {
    let (database, dir) = database().await;
    Catalog::new(SqliteDatasets(database), dir)
}

async fn schedules() -> Schedules {
    let (database, dir) = database().await;
    let audit = Arc::new(SqliteJobs::new(database.clone()));
    Schedules { store: Arc::new(SqliteSchedules(database)), audit, guard: Box::new(dir) }
}

async fn strategies() -> Strategies {
    let (database, dir) = database().await;
    Strategies::new(SqliteStrategies(database), dir)
}

tapedeck_testkit::job_store_suite!(jobs);
tapedeck_testkit::job_queue_suite!(jobs);
tapedeck_testkit::job_catalog_suite!(jobs);
tapedeck_testkit::job_feed_suite!(jobs);
tapedeck_testkit::queue_control_suite!(jobs);
tapedeck_testkit::audit_log_suite!(jobs);
tapedeck_testkit::audit_chain_suite!(jobs);
tapedeck_testkit::override_store_suite!(jobs);
tapedeck_testkit::retention_suite!(jobs);
tapedeck_testkit::dataset_catalog_suite!(catalog);
tapedeck_testkit::strategy_store_suite!(strategies);
tapedeck_testkit::schedule_store_suite!(schedules);
