//! Finds jobs whose worker is gone.

use std::sync::Arc;
use std::time::Duration;

use tapedeck_application::warn_of;
use tapedeck_domain::id::BacktestId;
use tapedeck_domain::job::{Backtest, JobChange, JobEvent, Status, pause_after_loss, transition};
use tapedeck_domain::port::{Clock, JobQueue, JobStore, Leased, StorageError};

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
    /// Where leases that stand still are told.
    pub(crate) pulse: Pulse,
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
                warn_of(&error, "leases cannot be looked at");
            }
        }
    }

    async fn look(&self, sightings: &mut Sightings) -> Result<(), StorageError> {
        let leased = self.queue.leased().await?;
        let mut dead = sightings.add(&leased, self.clock.monotonic());
        self.pulse.stalled(sightings.stalled());
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
        let mut changes = Vec::new();
        for held in dead {
            let job = self.store.find(held.job).await?;
            changes.extend(job.and_then(|job| self.lost(&job, &held)));
        }
        let told: Vec<_> = changes.iter().map(|change| (change.id, change.next.status())).collect();
        let applied = self.store.commit(changes).await?;
        for ((id, status), _) in told.into_iter().zip(applied).filter(|(_, it)| it.is_ok()) {
            tell(id, status);
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

fn tell(id: BacktestId, status: Status) {
    tracing::warn!(job.id = %id, job.status = status.as_str(), "the worker of the job was lost");
}
