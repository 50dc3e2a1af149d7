//! Finds jobs whose worker is gone.

use std::sync::Arc;
use std::time::Duration;

use tapedeck_domain::job::{Backtest, JobChange, JobEvent, Status, pause_after_loss, transition};
use tapedeck_domain::port::{Clock, JobQueue, JobStore, Leased, StorageError};

use crate::measure;
use crate::outage::Outage;
use crate::runs::Runs;
use crate::sightings::Sightings;

/// Finds jobs whose worker is gone, and queues them again or gives them up.
///
/// A lease is dead when it was seen to stand still for `lease` on this observer's own monotonic
/// clock: wall clocks, which jump and differ between machines, have no say.
pub(crate) struct Reaper {
    pub(crate) queue: Arc<dyn JobQueue>,
    pub(crate) store: Arc<dyn JobStore>,
    pub(crate) clock: Arc<dyn Clock>,
    /// Those of this process live, whatever the store says.
    pub(crate) runs: Runs,
    pub(crate) lease: Duration,
    pub(crate) max_attempts: u32,
    pub(crate) outage: Outage,
}

/// Between two looks: a tenth of a lease, within these bounds.
const MOST_OFTEN: Duration = Duration::from_millis(50);
const LEAST_OFTEN: Duration = Duration::from_millis(2500);

impl Reaper {
    /// Looks again and again.
    pub(crate) async fn watch(self) {
        let period = (self.lease / 10).clamp(MOST_OFTEN, LEAST_OFTEN);
        let mut sightings = Sightings::new(self.lease, period);
        loop {
            self.clock.sleep(period).await;
            if let Err(error) = self.look(&mut sightings).await {
                self.outage.failed("look at leases", &error);
            }
        }
    }

    async fn look(&self, sightings: &mut Sightings) -> Result<(), StorageError> {
        let leased = self.queue.leased().await?;
        self.outage.answered();
        let mut dead = sightings.add(&leased, self.clock.monotonic());
        dead.retain(|held| !self.runs.has(held.lease));
        if dead.is_empty() {
            return Ok(());
        }
        let reaped = self.reap(dead).await;
        if reaped.is_err() {
            // What cannot be written cannot be renewed either.
            sightings.forget();
        }
        reaped
    }

    /// One commit for all.
    async fn reap(&self, dead: Vec<Leased>) -> Result<(), StorageError> {
        let mut lost = Vec::new();
        for held in dead {
            let job = self.store.find(held.job).await?;
            lost.extend(job.and_then(|job| self.lost(&job, &held).map(|change| (job, change))));
        }
        let changes = lost.iter().map(|(_, change)| change.clone()).collect();
        let applied = self.store.commit(changes).await?;
        for ((job, change), _) in lost.iter().zip(applied).filter(|(_, it)| it.is_ok()) {
            measure::lost(job, &change.next);
            tell(job, change.next.status());
        }
        Ok(())
    }

    /// The change, if the job is still under the lease that was seen.
    fn lost(&self, job: &Backtest, held: &Leased) -> Option<JobChange> {
        let lease = job.state.lease().map(|lease| lease.id).filter(|id| *id == held.lease)?;
        let now = self.clock.now();
        let retry_at = now.plus(pause_after_loss(job.attempt, lease));
        let event = JobEvent::LoseWorker { max_attempts: self.max_attempts, retry_at };
        transition(job, event, now).ok()
    }
}

fn tell(job: &Backtest, status: Status) {
    let lease = job.state.lease();
    tracing::warn!(
        job.id = %job.id,
        request.id = job.submission.request_id.as_str(),
        trace.id = job.submission.trace.map(|trace| trace.trace_id()),
        lease.id = lease.map(|lease| lease.id.to_string()),
        worker.id = lease.map(|lease| lease.worker.to_string()),
        job.attempt = job.attempt,
        job.status = status.as_str(),
        "the worker of the job was lost"
    );
}
