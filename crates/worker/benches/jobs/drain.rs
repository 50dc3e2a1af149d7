//! How fast a full queue is emptied, and how soon an idle worker starts.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::crew::Working;
use crate::load::{fill, seconds, trickle};
use crate::noop::{Noop, run_twice};
use crate::watched::Store;

/// Jobs a second from the first claim to the last committed end.
pub(crate) async fn drain(store: &Store, jobs: u64, max_concurrent: usize) -> f64 {
    fill(&store.jobs, 0..jobs).await;
    let (store, watched) = store.watched();
    let runner = Noop::new();
    let working = Working::start(&store, runner.clone(), max_concurrent);
    while watched.ended() < usize::try_from(jobs).unwrap() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    working.stop().await;
    assert_eq!(run_twice(&runner.starts()), [0; 0], "no job is run twice");
    let (first, last) = watched.span();
    jobs as f64 / seconds(first, last)
}

/// From the answer to a submission to the start of its run, in milliseconds, in the process that
/// it was submitted to.
pub(crate) async fn start_latency(store: &Store, jobs: u64) -> Vec<f64> {
    let runner = Noop::new();
    let working = Working::start(store, runner.clone(), 64);
    tokio::time::sleep(Duration::from_millis(300)).await;
    let acknowledged = trickle(store.jobs.as_ref(), 0..jobs).await;
    while runner.starts().len() < acknowledged.len() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    working.stop().await;
    waits(&acknowledged, &runner.starts())
}

/// A run that started before its client had the answer did not wait.
pub(crate) fn waits(acknowledged: &[(u64, u64)], starts: &[(u64, u64)]) -> Vec<f64> {
    let starts: BTreeMap<_, _> = starts.iter().copied().collect();
    let wait = |(n, at): &(u64, u64)| seconds(*at, starts[n]) * 1e3;
    acknowledged.iter().map(wait).collect()
}
