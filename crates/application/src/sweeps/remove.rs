use std::sync::Arc;

use tapedeck_domain::actor::Requester;
use tapedeck_domain::id::BacktestId;
use tapedeck_domain::port::{Clock, JobStore, SweepStore};

use crate::remove::{RemoveError, remove_job};

/// Remove a finished sweep.
#[derive(Clone)]
pub struct RemoveSweep {
    store: Arc<dyn JobStore>,
    sweeps: Arc<dyn SweepStore>,
    clock: Arc<dyn Clock>,
}

impl RemoveSweep {
    /// Over these ports.
    pub fn new(
        store: Arc<dyn JobStore>,
        sweeps: Arc<dyn SweepStore>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { store, sweeps, clock }
    }

    /// Removes the row, then the report: a row never points to a report that is gone.
    ///
    /// # Errors
    /// See [`RemoveError`]. When the store of sweeps fails, the sweep is gone all the same and its
    /// files are left over.
    pub async fn remove(&self, id: BacktestId, requester: Requester) -> Result<(), RemoveError> {
        let now = self.clock.now();
        if let Some(report) = remove_job(self.store.as_ref(), id, requester, now).await? {
            self.sweeps.remove(&report).await?;
        }
        tracing::info!(job.id = %id, "sweep removed");
        Ok(())
    }
}
