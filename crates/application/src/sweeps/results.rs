use std::sync::Arc;

use tapedeck_domain::id::BacktestId;
use tapedeck_domain::job::{Backtest, Status};
use tapedeck_domain::port::{JobStore, StorageError, SweepStore};
use tapedeck_domain::sweep::{SweepPlan, SweepReport, SweepSummary};

/// What sweeps left behind.
#[derive(Clone)]
pub struct SweepResults {
    store: Arc<dyn JobStore>,
    sweeps: Arc<dyn SweepStore>,
}

/// A sweep that has ended, with its rows.
#[derive(Debug)]
pub struct FinishedSweep {
    /// The job.
    pub job: Backtest,
    /// What was swept.
    pub plan: SweepPlan,
    /// Its report, whole or partial.
    pub report: SweepReport,
}

impl FinishedSweep {
    /// Whether it ended before its last combination.
    pub fn is_partial(&self) -> bool {
        self.job.state.status() != Status::Succeeded
    }
}

/// Why there is nothing to show.
#[derive(Debug, thiserror::Error)]
pub enum SweepResultError {
    /// There is no such sweep.
    #[error("no such sweep")]
    NotFound,
    /// It has not ended.
    #[error("the sweep has not ended")]
    NotReady,
    /// It ended without leaving anything.
    #[error("the sweep left no results")]
    Nothing,
    /// A store failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl SweepResults {
    /// Over these ports.
    pub fn new(store: Arc<dyn JobStore>, sweeps: Arc<dyn SweepStore>) -> Self {
        Self { store, sweeps }
    }

    /// The rows of a sweep that has ended.
    ///
    /// # Errors
    /// See [`SweepResultError`].
    pub async fn open(&self, id: BacktestId) -> Result<FinishedSweep, SweepResultError> {
        let job = self.store.find(id).await?.ok_or(SweepResultError::NotFound)?;
        let plan = job.submission.sweep.clone().ok_or(SweepResultError::NotFound)?;
        if !job.state.status().is_terminal() {
            return Err(SweepResultError::NotReady);
        }
        let reference = job.state.report().ok_or(SweepResultError::Nothing)?;
        let report = self.sweeps.open(reference).await?.ok_or(SweepResultError::Nothing)?;
        Ok(FinishedSweep { job, plan, report })
    }

    /// What is told of a sweep beside its rows; none before it has left any.
    ///
    /// # Errors
    /// The store failed.
    pub async fn summary(&self, job: &Backtest) -> Result<Option<SweepSummary>, StorageError> {
        match job.state.report() {
            Some(report) => self.sweeps.summary(report).await,
            None => Ok(None),
        }
    }
}
