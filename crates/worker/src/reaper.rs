//! Finds jobs whose worker is gone.

use std::sync::Arc;
use std::time::Duration;

use tapedeck_application::warn_of;
use tapedeck_domain::id::LeaseId;
use tapedeck_domain::job::{Backtest, JobChange, JobEvent, Status, pause_after_loss, transition};
use tapedeck_domain::port::{Clock, JobQueue, JobStore, Leased, StorageError};

use crate::measure;
use crate::pulse::Pulse;
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
    /// Where leases that stand still are told, if anywhere.
    pub(crate) pulse: Option<Pulse>,
}

/// What a look at all leases found.
pub(crate) struct Look {
    /// How many were held.
    pub(crate) leases: usize,
    /// How many jobs were queued again, or given up.
    pub(crate) reaped: usize,
}

/// Between two looks: a tenth of a lease, within these bounds.
const MOST_OFTEN: Duration = Duration::from_millis(50);
const LEAST_OFTEN: Duration = Duration::from_millis(2500);

impl Reaper {
    /// Looks again and again.
    pub(crate) async fn watch(self) {
        let (mut sightings, period) = self.sightings();
        loop {
            self.clock.sleep(period).await;
            if let Err(error) = self.look(&mut sightings).await {
                warn_of(&error, "leases cannot be looked at");
            }
        }
    }

    /// Nothing seen yet, and how often to look.
    pub(crate) fn sightings(&self) -> (Sightings<LeaseId>, Duration) {
        let period = (self.lease / 10).clamp(MOST_OFTEN, LEAST_OFTEN);
        (Sightings::new(self.lease, period), period)
    }

    /// Looks once.
    pub(crate) async fn look(
        &self,
        sightings: &mut Sightings<LeaseId>,
    ) -> Result<Look, StorageError> {
        let leased = self.queue.leased().await?;
        let seen: Vec<_> = leased.iter().map(|held| (held.lease, held.renewals)).collect();
        let mut dead = sightings.add(&seen, self.clock.monotonic());
        if let Some(pulse) = &self.pulse {
            pulse.stalled(sightings.stalled());
        }
        dead.retain(|lease| !self.runs.has(*lease));
        let leases = leased.len();
        if dead.is_empty() {
            return Ok(Look { leases, reaped: 0 });
        }
        let dead = leased.into_iter().filter(|held| dead.contains(&held.lease)).collect();
        let reaped = self.reap(dead).await;
        if reaped.is_err() {
            // What cannot be written cannot be renewed either.
            sightings.forget();
        }
        Ok(Look { leases, reaped: reaped? })
    }

    /// One commit for all.
    async fn reap(&self, dead: Vec<Leased>) -> Result<usize, StorageError> {
        let mut lost = Vec::new();
        for held in dead {
            let job = self.store.find(held.job).await?;
            lost.extend(job.and_then(|job| self.lost(&job, &held).map(|change| (job, change))));
        }
        let changes = lost.iter().map(|(_, change)| change.clone()).collect();
        let applied = self.store.commit(changes).await?;
        let mut reaped = 0;
        for ((job, change), _) in lost.iter().zip(applied).filter(|(_, it)| it.is_ok()) {
            measure::lost(job, &change.next);
            tell(job, change.next.status());
            reaped += 1;
        }
        Ok(reaped)
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
