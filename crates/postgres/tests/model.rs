//! Whatever is done to the store on a server and to the one in memory, they look alike.

#[expect(dead_code, reason = "shared with other tests")]
mod support;

use proptest::test_runner::Config;
use proptest_state_machine::{StateMachineTest, prop_state_machine};
use support::TestDatabase;
use tapedeck_postgres::PostgresJobs;
use tapedeck_testkit::conformance::Jobs;
use tapedeck_testkit::conformance::model::{Model, Operation};
use tokio::runtime::{Builder, Runtime};

struct Postgres {
    runtime: Runtime,
    jobs: Jobs,
}

async fn jobs() -> Jobs {
    let guard = TestDatabase::migrated().await;
    Jobs::new(PostgresJobs::new(guard.open(2).await, support::unique()), guard)
}

impl StateMachineTest for Postgres {
    type SystemUnderTest = Self;
    type Reference = Model;

    fn init_test(_: &Model) -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let jobs = runtime.block_on(jobs());
        Self { runtime, jobs }
    }

    fn apply(postgres: Self, model: &Model, _: Operation) -> Self {
        postgres.runtime.block_on(model.agrees_with(&postgres.jobs));
        postgres
    }
}

prop_state_machine! {
    #![proptest_config(Config { failure_persistence: None, ..Config::with_cases(8) })]

    #[test]
    fn any_calls_leave_both_stores_alike(sequential 10..50 => Postgres);
}
