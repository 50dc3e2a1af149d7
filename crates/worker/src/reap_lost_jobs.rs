//! A pass over all leases, as a scheduled task.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tapedeck_application::{ScheduledTask, TaskEnd, TaskError};
use tapedeck_domain::port::{Clock, JobQueue, JobStore};

use crate::reaper::{self, Reaper};
use crate::runs::Runs;

/// Looks over all leases for as long as one may stand still, and queues the jobs of dead ones
/// again. Every worker does so all the time; this says in the history that it was done.
pub struct ReapLostJobs {
    /// Where leases are.
    pub queue: Arc<dyn JobQueue>,
    /// Where jobs are changed.
    pub store: Arc<dyn JobStore>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// How long a lease may stand still.
    pub lease: Duration,
    /// Starts before a job is given up.
    pub max_attempts: u32,
}

#[async_trait]
impl ScheduledTask for ReapLostJobs {
    async fn run(&self) -> Result<TaskEnd, TaskError> {
        let (queue, store) = (Arc::clone(&self.queue), Arc::clone(&self.store));
        let (lease, max_attempts) = (self.lease, self.max_attempts);
        let clock = Arc::clone(&self.clock);
        // Without runs of its own: those of this process give signs of life like any others.
        let (runs, pulse) = (Runs::default(), None);
        let reaper = Reaper { queue, store, clock, runs, lease, max_attempts, pulse };
        let (mut sightings, period) = reaper.sightings();
        let start = self.clock.monotonic();
        let (mut most, mut lost) = (0, 0);
        loop {
            let reaper::Look { leases, reaped } = reaper.look(&mut sightings).await?;
            (most, lost) = (most.max(leases), lost + reaped);
            let watched = self.clock.monotonic().saturating_sub(start);
            // What was not there at the start is for the next pass.
            if leases == 0 || watched > lease + period {
                return Ok(TaskEnd::Done(format!("{most} running jobs, {lost} of them lost")));
            }
            self.clock.sleep(period).await;
        }
    }
}
