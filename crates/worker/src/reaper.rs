//! Finds jobs whose worker is gone.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tapedeck_domain::id::LeaseId;
use tapedeck_domain::job::{JobEvent, transition};
use tapedeck_domain::port::{Clock, JobQueue, JobStore, Leased, StorageError};

/// Finds jobs whose worker is gone, and queues them again or gives them up.
///
/// A lease is dead when it stood still for `lease` on this observer's own monotonic clock: wall
/// clocks, which jump and differ between machines, have no say.
pub(crate) struct Reaper {
    pub(crate) queue: Arc<dyn JobQueue>,
    pub(crate) store: Arc<dyn JobStore>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) lease: Duration,
    pub(crate) max_attempts: u32,
    pub(crate) seen: HashMap<LeaseId, Sighting>,
}

/// How often a lease was renewed, and since when that stands still.
pub(crate) struct Sighting {
    renewals: u64,
    since: Duration,
}

impl Reaper {
    /// Looks once.
    pub(crate) async fn look(&mut self) -> Result<(), StorageError> {
        let leased = self.queue.leased().await?;
        let now = self.clock.monotonic();
        self.seen.retain(|lease, _| leased.iter().any(|held| held.lease == *lease));
        let dead: Vec<Leased> =
            leased.into_iter().filter(|held| self.stands_still(held, now)).collect();
        for held in dead {
            self.reap(held).await?;
        }
        Ok(())
    }

    fn stands_still(&mut self, held: &Leased, now: Duration) -> bool {
        let fresh = Sighting { renewals: held.renewals, since: now };
        let sighting = self.seen.entry(held.lease).or_insert(fresh);
        if sighting.renewals != held.renewals {
            *sighting = Sighting { renewals: held.renewals, since: now };
        }
        now.saturating_sub(sighting.since) >= self.lease
    }

    async fn reap(&self, held: Leased) -> Result<(), StorageError> {
        let job = self.store.find(held.job).await?;
        let still_held = |lease: LeaseId| lease == held.lease;
        let lost = job.filter(|job| job.state.lease().is_some_and(|lease| still_held(lease.id)));
        let Some(job) = lost else { return Ok(()) };
        let event =
            JobEvent::LoseWorker { max_attempts: self.max_attempts, retry_at: self.clock.now() };
        let Ok(change) = transition(&job, event, self.clock.now()) else { return Ok(()) };
        let next = change.next.status();
        if let [Ok(())] = self.store.commit(vec![change]).await?.as_slice() {
            tracing::warn!(
                job.id = %held.job,
                job.status = next.as_str(),
                "the worker of the backtest was lost"
            );
        }
        Ok(())
    }
}
