//! Remove a finished backtest with everything it left behind.

use std::sync::Arc;

use tapedeck_domain::id::BacktestId;
use tapedeck_domain::job::ReportRef;
use tapedeck_domain::port::{JobStore, ReportStore, StorageError};

/// Remove a finished backtest.
#[derive(Clone)]
pub struct Remove {
    store: Arc<dyn JobStore>,
    reports: Arc<dyn ReportStore>,
}

/// Why nothing was removed.
#[derive(Debug, thiserror::Error)]
pub enum RemoveError {
    /// There is no such backtest.
    #[error("no such backtest")]
    NotFound,
    /// It has not ended.
    #[error("the backtest has not ended")]
    NotEnded,
    /// A store failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl Remove {
    /// Over these ports.
    pub fn new(store: Arc<dyn JobStore>, reports: Arc<dyn ReportStore>) -> Self {
        Self { store, reports }
    }

    /// Removes the row, then the report: a row never points to a report that is gone.
    ///
    /// # Errors
    /// See [`RemoveError`]. When the report store fails, the backtest is gone all the same and
    /// its files are left over.
    pub async fn remove(&self, id: BacktestId) -> Result<(), RemoveError> {
        if let Some(report) = remove_job(self.store.as_ref(), id).await? {
            self.reports.remove(&report).await?;
        }
        tracing::info!(job.id = %id, "backtest removed");
        Ok(())
    }
}

/// Removes the row of a job that has ended, and names the report that it leaves.
pub(crate) async fn remove_job(
    store: &dyn JobStore,
    id: BacktestId,
) -> Result<Option<ReportRef>, RemoveError> {
    let job = store.find(id).await?.ok_or(RemoveError::NotFound)?;
    if !job.state.status().is_terminal() {
        return Err(RemoveError::NotEnded);
    }
    // Terminal states never change, so a refusal means that somebody else removed it.
    let removed = store.delete(id, job.revision).await?;
    removed.map_err(|_| RemoveError::NotFound)?;
    Ok(job.state.report().cloned())
}
