//! Signs of life for the leases of the runs under way.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use tapedeck_application::{StopCause, warn_of};
use tapedeck_domain::id::LeaseId;
use tapedeck_domain::port::{Clock, JobQueue, StorageError};

use crate::runs::Runs;

/// Renews the leases of a worker's runs, all in one call.
pub(crate) struct Renewal {
    pub(crate) queue: Arc<dyn JobQueue>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) runs: Runs,
    pub(crate) lease: Duration,
}

/// Between two tries at a store that does not answer, at most.
const RETRY_AFTER: Duration = Duration::from_millis(500);

impl Renewal {
    /// Renews four times in the life of a lease, and more often while that fails.
    pub(crate) async fn keep(self) {
        let (every, mut pause) = (self.lease / 4, self.lease / 4);
        loop {
            self.clock.sleep(pause).await;
            pause = match self.renew().await {
                Ok(()) => every,
                Err(error) => {
                    warn_of(&error, "leases cannot be renewed");
                    RETRY_AFTER.min(every)
                }
            };
        }
    }

    async fn renew(&self) -> Result<(), StorageError> {
        let leases = self.runs.leases();
        if leases.is_empty() {
            return Ok(());
        }
        let held: HashSet<LeaseId> = self.queue.renew(leases.clone()).await?.into_iter().collect();
        // A run that ended meanwhile has given its lease back itself, and is no longer listed.
        for lost in leases.into_iter().filter(|lease| !held.contains(lease)) {
            self.runs.stop(lost, StopCause::LeaseLost);
        }
        Ok(())
    }
}
