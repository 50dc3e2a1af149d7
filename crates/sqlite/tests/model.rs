//! Whatever is done to the embedded store and to the one in memory, they look alike.

use std::time::Duration;

use proptest::test_runner::Config;
use proptest_state_machine::{StateMachineTest, prop_state_machine};
use tapedeck_domain::port::Migrations as _;
use tapedeck_sqlite::{Database, SqliteJobs, SqliteMigrations};
use tapedeck_testkit::conformance::Jobs;
use tapedeck_testkit::conformance::model::{Model, Operation};
use tokio::runtime::{Builder, Runtime};

struct Sqlite {
    runtime: Runtime,
    jobs: Jobs,
}

async fn jobs() -> Jobs {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("jobs.db");
    let database = Database::open(&path, 2, Duration::from_secs(30)).await.unwrap();
    SqliteMigrations(database.clone()).up().await.unwrap();
    Jobs::new(SqliteJobs::new(database), dir)
}

impl StateMachineTest for Sqlite {
    type SystemUnderTest = Self;
    type Reference = Model;

    fn init_test(_: &Model) -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let jobs = runtime.block_on(jobs());
        Self { runtime, jobs }
    }

    fn apply(sqlite: Self, model: &Model, _: Operation) -> Self {
        sqlite.runtime.block_on(model.agrees_with(&sqlite.jobs));
        sqlite
    }
}

prop_state_machine! {
    #![proptest_config(Config { failure_persistence: None, ..Config::with_cases(32) })]

    #[test]
    fn any_calls_leave_both_stores_alike(sequential 1..50 => Sqlite);
}
