//! Submissions, as many at a time as it is told.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use futures_util::future::join_all;
use tapedeck_domain::port::{JobStore, NewJob, Submitted};
use tapedeck_testkit::builders;

use crate::time::nanos;

/// The job of this number, unlike all others, for a queue without end. It is made from one that is
/// there, since making it is not what is measured.
pub(crate) fn job(n: u64) -> NewJob {
    static ONE: LazyLock<NewJob> = LazyLock::new(|| builders::new_job(0));
    let mut new = ONE.clone();
    new.job.id = builders::id(n);
    new.job.submission.spec.seed = n;
    new.job.submission.input_hash = format!("{n:064x}");
    NewJob { queue_limit: 1_000_000, ..new }
}

async fn submit(jobs: &dyn JobStore, n: u64) {
    let submitted = jobs.submit(job(n)).await.unwrap();
    assert!(matches!(submitted, Submitted::Created(_)), "{n}");
}

/// Submissions that are made before any is counted: pgbench does not count its connecting, either.
const WARM_UP: u64 = 100;

/// Submissions a second by so many clients, each of which waits for its answer.
pub(crate) async fn rate(jobs: &Arc<dyn JobStore>, clients: usize, time: Duration) -> f64 {
    fill(jobs, 0..WARM_UP).await;
    let next = Arc::new(AtomicU64::new(WARM_UP));
    let start = nanos();
    let until = start + u64::try_from(time.as_nanos()).unwrap();
    let client = |_| {
        let (jobs, next) = (jobs.clone(), next.clone());
        tokio::spawn(async move {
            let mut done = 0_u64;
            while nanos() < until {
                submit(jobs.as_ref(), next.fetch_add(1, Ordering::Relaxed)).await;
                done += 1;
            }
            done
        })
    };
    let done = join_all((0..clients).map(client).collect::<Vec<_>>()).await;
    let done: u64 = done.into_iter().map(Result::unwrap).sum();
    done as f64 / seconds(start, nanos())
}

/// Submits these jobs, side by side.
pub(crate) async fn fill(jobs: &Arc<dyn JobStore>, numbers: Range<u64>) {
    let next = Arc::new(AtomicU64::new(numbers.start));
    let clients = (0..16).map(|_| {
        let (jobs, next, end) = (jobs.clone(), next.clone(), numbers.end);
        tokio::spawn(async move {
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                if n >= end {
                    return;
                }
                submit(jobs.as_ref(), n).await;
            }
        })
    });
    for client in join_all(clients.collect::<Vec<_>>()).await {
        client.unwrap();
    }
}

/// Submits these one by one, a few milliseconds apart: when each was acknowledged.
pub(crate) async fn trickle(jobs: &dyn JobStore, numbers: Range<u64>) -> Vec<(u64, u64)> {
    let mut acknowledged = Vec::new();
    for n in numbers {
        submit(jobs, n).await;
        acknowledged.push((n, nanos()));
        // Not in step with anything that looks at regular intervals.
        tokio::time::sleep(Duration::from_micros(5_000 + n * 7_919 % 10_000)).await;
    }
    acknowledged
}

pub(crate) fn seconds(start: u64, end: u64) -> f64 {
    end.saturating_sub(start) as f64 / 1e9
}
