use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use tapedeck_application::{RunHandle, RunOne, StopCause};
use tapedeck_domain::id::{LeaseId, WorkerId};
use tapedeck_domain::job::{Backtest, Lease};
use tapedeck_domain::port::{Claim, Clock, Ids, JobFeed, JobQueue, JobStore, StorageError};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use crate::pulse::Pulse;
use crate::reaper::Reaper;
use crate::runs::Runs;

/// Claims jobs and has them run.
pub struct Worker {
    /// Where jobs come from.
    pub queue: Arc<dyn JobQueue>,
    /// Where they are changed.
    pub store: Arc<dyn JobStore>,
    /// What wakes the worker.
    pub feed: Arc<dyn JobFeed>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Lease ids.
    pub ids: Arc<dyn Ids>,
    /// What is done with each job.
    pub run_one: RunOne,
    /// How much, and how long.
    pub options: WorkerOptions,
    /// Where it gives signs of life.
    pub pulse: Pulse,
}

/// How much a worker does at once, and when others are given up.
#[derive(Debug, Clone, Copy)]
pub struct WorkerOptions {
    /// Jobs at the same time.
    pub max_concurrent: usize,
    /// How long a lease may stand still.
    pub lease: Duration,
    /// Starts before a job is given up.
    pub max_attempts: u32,
}

/// Signals may come from this process alone, so the queue is looked at this often, too.
const POLL: Duration = Duration::from_secs(1);

impl Worker {
    /// Works until `shutdown`: then nothing new is claimed, and what runs is stopped and handed
    /// back, which spends none of its attempts.
    pub async fn run(self, shutdown: CancellationToken) {
        let runs = Runs::default();
        let upkeep = tokio::spawn(self.upkeep(runs.clone()));
        let worker = WorkerId::from_uuid(self.ids.next());
        tracing::info!(worker.id = %worker, "worker started");
        let mut tasks = JoinSet::new();
        let mut signals = self.feed.subscribe();
        loop {
            self.pulse.beat(self.clock.monotonic());
            let full = !self.fill(worker, &runs, &mut tasks).await;
            tokio::select! {
                () = shutdown.cancelled() => break,
                Some(_) = tasks.join_next(), if !tasks.is_empty() => {}
                _ = signals.next(), if !full => {}
                () = self.clock.sleep(POLL) => {}
            }
        }
        runs.stop_all(StopCause::Shutdown);
        while tasks.join_next().await.is_some() {}
        upkeep.abort();
        tracing::info!(worker.id = %worker, "worker stopped");
    }

    /// Claims as many jobs as there is room for; whether room is left.
    async fn fill(&self, worker: WorkerId, runs: &Runs, tasks: &mut JoinSet<()>) -> bool {
        while let Some(Ok(())) = tasks.try_join_next() {}
        let room = self.options.max_concurrent.saturating_sub(tasks.len());
        if room == 0 {
            return false;
        }
        let lease = |_| Lease { id: LeaseId::from_uuid(self.ids.next()), worker };
        let leases = (0..room).map(lease).collect();
        match self.queue.claim(Claim::new(leases, self.clock.now())).await {
            Ok(jobs) => jobs.into_iter().for_each(|job| self.start(job, runs, tasks)),
            Err(error) => tracing::warn!(%error, "the queue cannot be read"),
        }
        tasks.len() < self.options.max_concurrent
    }

    fn start(&self, job: Backtest, runs: &Runs, tasks: &mut JoinSet<()>) {
        let Some(lease) = job.state.lease() else { return };
        let (run_one, handle) = (self.run_one.clone(), RunHandle::default());
        let listed = runs.add(lease.id, handle.clone());
        let span = tracing::info_span!(
            "job",
            job.id = %job.id,
            request.id = %job.submission.request_id,
            lease.id = %lease.id
        );
        let work = async move {
            run_one.run(job, handle).await;
            drop(listed);
        };
        tasks.spawn(work.instrument(span));
    }

    /// Renews the leases of the runs, and looks for dead ones, four times in the life of a lease.
    fn upkeep(&self, runs: Runs) -> impl Future<Output = ()> + Send + 'static {
        let (queue, clock) = (Arc::clone(&self.queue), Arc::clone(&self.clock));
        let mut reaper = Reaper {
            queue: Arc::clone(&self.queue),
            store: Arc::clone(&self.store),
            clock: Arc::clone(&self.clock),
            lease: self.options.lease,
            max_attempts: self.options.max_attempts,
            seen: HashMap::new(),
        };
        async move {
            loop {
                clock.sleep(reaper.lease / 4).await;
                let kept = async {
                    renew(queue.as_ref(), &runs).await?;
                    reaper.look().await
                };
                if let Err(error) = kept.await {
                    tracing::warn!(%error, "leases cannot be kept");
                }
            }
        }
    }
}

async fn renew(queue: &dyn JobQueue, runs: &Runs) -> Result<(), StorageError> {
    let leases = runs.leases();
    if leases.is_empty() {
        return Ok(());
    }
    let held = queue.renew(leases.clone()).await?;
    // A run that ended meanwhile has given its lease back itself, and is no longer listed.
    for lost in leases.into_iter().filter(|lease| !held.contains(lease)) {
        runs.stop(lost, StopCause::LeaseLost);
    }
    Ok(())
}
