//! Workers of several processes over one store, while jobs are submitted, handed back, put off,
//! lost and cancelled, all at the same time; and what must be true afterwards.

mod audit;
mod work;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tapedeck_domain::id::{BacktestId, LeaseId};
use tapedeck_domain::job::{Backtest, Lease, Priority};
use tapedeck_domain::port::ClaimLimits;
use tapedeck_domain::time::Timestamp;
use tokio::task::JoinSet;

use crate::builders::{day, id, lease, new_job_of};
use crate::conformance::{AllJobs, Jobs};

/// Jobs that are submitted.
const JOBS: u64 = 90;

/// Workers at the same time, over all processes.
const WORKERS: u64 = 6;

/// What may run at the same time.
const LIMITS: ClaimLimits = ClaimLimits { running: Some(5), per_strategy: Some(2) };

/// What the parts of a storm share.
pub(crate) struct Storm {
    processes: Vec<Jobs>,
    leases: AtomicU64,
    /// How often each job was started, by those who did.
    starts: Mutex<BTreeMap<BacktestId, u64>>,
    /// Which jobs each lease was given for.
    given: Mutex<BTreeMap<LeaseId, Vec<BacktestId>>>,
    /// Jobs that are surely being worked on: from after their claim to before their end.
    working: AtomicU64,
    over: AtomicBool,
}

/// Lets a storm loose over `processes`, which share nothing but the store.
///
/// # Panics
/// When a job was lost, started twice, or started beyond the limits, or when a log has a gap.
pub async fn storm<T: AllJobs + 'static>(processes: Vec<Arc<T>>) {
    let processes = processes.into_iter().map(|process| Jobs::over(process, ())).collect();
    let storm = Arc::new(Storm {
        processes,
        leases: AtomicU64::new(0),
        starts: Mutex::default(),
        given: Mutex::default(),
        working: AtomicU64::new(0),
        over: AtomicBool::new(false),
    });
    let observer = tokio::spawn(Arc::clone(&storm).observe());
    let mut tasks = JoinSet::new();
    tasks.spawn(Arc::clone(&storm).cancel());
    (0..2).for_each(|n| drop(tasks.spawn(Arc::clone(&storm).submit(n))));
    (0..WORKERS).for_each(|n| drop(tasks.spawn(Arc::clone(&storm).work(n))));
    // The first that fails ends it, so that nobody waits for what that one has left undone.
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    storm.over.store(true, Ordering::SeqCst);
    let observed = observer.await.unwrap();
    assert!(observed > 0, "somebody looked");
    storm.check().await;
}

impl Storm {
    /// The `n`-th of the processes, in turn.
    fn process(&self, n: u64) -> &Jobs {
        let n = usize::try_from(n).unwrap();
        &self.processes[n % self.processes.len()]
    }

    /// The clock, which stands still.
    fn now() -> Timestamp {
        day(10)
    }

    /// One that nobody else has.
    fn lease(&self) -> Lease {
        lease(1_000 + self.leases.fetch_add(1, Ordering::SeqCst))
    }

    /// Remembers who was given what.
    fn note(&self, job: &Backtest) {
        let lease = job.state.lease().unwrap().id;
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        given.entry(lease).or_default().push(job.id);
        let mut starts = self.starts.lock().unwrap_or_else(PoisonError::into_inner);
        *starts.entry(job.id).or_default() += 1;
    }

    /// Every second job, of three strategies and both priorities.
    async fn submit(self: Arc<Self>, offset: u64) {
        for n in (1 + offset..=JOBS).step_by(2) {
            let new = new_job_of(n, |submission| {
                submission.spec.strategy.id = format!("strategy-{}", n % 3).parse().unwrap();
                submission.priority =
                    if n % 4 == 0 { Priority::Batch } else { Priority::Interactive };
            });
            self.process(n).store.submit(new).await.unwrap();
            tokio::task::yield_now().await;
        }
    }

    /// Of every job, whether it has ended.
    async fn is_over(&self) -> bool {
        for n in 1..=JOBS {
            let found = self.process(0).store.find(id(n)).await.unwrap();
            if !found.is_some_and(|job| job.state.status().is_terminal()) {
                return false;
            }
        }
        true
    }
}
