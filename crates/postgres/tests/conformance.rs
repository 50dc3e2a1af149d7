//! The Postgres store keeps the contracts of its ports.

#[expect(dead_code, reason = "shared with other tests")]
mod support;

use std::sync::Arc;

use support::{TestDatabase, unique};
use tapedeck_postgres::{PostgresDatasets, PostgresJobs, PostgresSchedules, PostgresStrategies};
use tapedeck_testkit::conformance::{Catalog, Jobs, Schedules, Strategies};

async fn jobs() -> Jobs {
    let guard = TestDatabase::migrated().await;
    Jobs::new(PostgresJobs::new(guard.open(8).await, unique()), guard)
}

async fn catalog() -> Catalog {
    let guard = TestDatabase::migrated().await;
    Catalog::new(PostgresDatasets(guard.open(4).await), guard)
}

async fn schedules() -> Schedules {
    let guard = TestDatabase::migrated().await;
    let database = guard.open(8).await;
    let audit = Arc::new(PostgresJobs::new(database.clone(), unique()));
    Schedules { store: Arc::new(PostgresSchedules(database)), audit, guard: Box::new(guard) }
}

async fn strategies() -> Strategies {
    let guard = TestDatabase::migrated().await;
    Strategies::new(PostgresStrategies(guard.open(4).await), guard)
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
