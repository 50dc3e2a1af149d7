//! Several workers on one Postgres.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::crew_process::{Process, Told};
use crate::drain::waits;
use crate::load::{fill, seconds, trickle};
use crate::log;
use crate::noop::run_twice;
use crate::support::TestDatabase;
use crate::watched::Store;

/// Jobs a second that so many worker processes drain, and how many jobs were run twice or did not
/// end well, by the runs themselves and by what the database says.
pub(crate) async fn drain(workers: usize, jobs: u64, max_concurrent: usize) -> (f64, usize) {
    let database = TestDatabase::migrated().await;
    let store = Store::postgres(&database).await;
    fill(&store.jobs, 0..jobs).await;
    let mut processes = Vec::new();
    for _ in 0..workers {
        processes.push(Process::start(&database, max_concurrent).await);
    }
    for process in &mut processes {
        process.go().await;
    }
    log::until_done(&database).await;
    let mut told = Vec::new();
    for process in processes {
        told.push(process.stop().await);
    }
    let first = told.iter().map(|told| told.span.0).min().unwrap();
    let last = told.iter().map(|told| told.span.1).max().unwrap();
    let wrong = by_runs(&told, jobs) + log::wrong(&database, jobs).await;
    (jobs as f64 / seconds(first, last), wrong)
}

/// From the answer to a submission to the start of its run in another process, in milliseconds.
pub(crate) async fn start_latency(jobs: u64) -> Vec<f64> {
    let database = TestDatabase::migrated().await;
    let store = Store::postgres(&database).await;
    let mut process = Process::start(&database, 64).await;
    process.go().await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let acknowledged = trickle(store.jobs.as_ref(), 0..jobs).await;
    log::until_done(&database).await;
    waits(&acknowledged, &process.stop().await.starts)
}

/// Jobs that were run twice, and those that were not run at all.
fn by_runs(told: &[Told], jobs: u64) -> usize {
    let starts: Vec<_> = told.iter().flat_map(|told| told.starts.iter().copied()).collect();
    let different: BTreeSet<_> = starts.iter().map(|(seed, _)| *seed).collect();
    run_twice(&starts).len() + usize::try_from(jobs).unwrap().abs_diff(different.len())
}
