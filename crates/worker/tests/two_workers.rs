//! Two workers on one Postgres: `make bench-jobs` has them do more, in processes of their own.

#[path = "../benches/jobs/crew.rs"]
mod crew;
#[path = "../benches/jobs/load.rs"]
#[expect(dead_code, reason = "shared with the bench")]
mod load;
#[path = "../benches/jobs/log.rs"]
mod log;
#[path = "../benches/jobs/noop.rs"]
mod noop;
#[path = "../../postgres/tests/support/mod.rs"]
#[expect(dead_code, reason = "shared with the tests of the adapter")]
mod support;
#[path = "../benches/jobs/time.rs"]
mod time;
#[path = "../benches/jobs/watched.rs"]
#[expect(dead_code, reason = "shared with the bench")]
mod watched;

use std::collections::BTreeSet;
use std::time::Duration;

use crew::Working;
use noop::{Noop, run_twice};
use support::TestDatabase;
use watched::Store;

/// As many as a debug build drains in seconds.
const JOBS: u64 = 3_000;

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_on_one_postgres_run_every_job_once() {
    let database = TestDatabase::migrated().await;
    // Two stores, which share nothing but the database.
    let stores = [Store::postgres(&database).await, Store::postgres(&database).await];
    let (runner, half) = (Noop::new(), JOBS / 2);
    load::fill(&stores[0].jobs, 0..half).await;
    let working = stores.each_ref().map(|store| Working::start(store, runner.clone(), 32));
    load::fill(&stores[1].jobs, half..JOBS).await;
    log::until_done(&database).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    for working in working {
        working.stop().await;
    }
    let starts = runner.starts();
    assert_eq!(run_twice(&starts), [0; 0]);
    assert_eq!(starts.iter().map(|(seed, _)| *seed).collect::<BTreeSet<_>>(), (0..JOBS).collect());
    assert_eq!(log::wrong(&database, JOBS).await, 0);
}
