use std::sync::Arc;

use async_trait::async_trait;

use super::{RunControl, RunError, StorageError};
use crate::id::BacktestId;
use crate::job::{Limits, ReportRef};
use crate::spec::Specification;
use crate::sweep::{SweepPlan, SweepReport, SweepSummary};

/// Runs the combinations of a sweep, somewhere that does not hurt anybody else.
#[async_trait]
pub trait SweepRunner: Send + Sync {
    /// Simulates every combination, or as many as there were before its control was told to
    /// stop: then those come back as a report that is not complete. The report depends on the
    /// combinations alone, not on how many of them are simulated at a time. Dropping the future
    /// stops the sweep, too.
    async fn run(&self, request: SweepRunRequest) -> Result<SweepReport, RunError>;
}

/// One sweep to run.
#[derive(Debug, Clone)]
pub struct SweepRunRequest {
    /// What to simulate, the swept parameters apart.
    pub spec: Specification,
    /// What is swept.
    pub plan: SweepPlan,
    /// What it may use.
    pub limits: Limits,
    /// How it is watched and stopped.
    pub control: Arc<RunControl>,
}

/// Reports of sweeps, as files.
#[async_trait]
pub trait SweepStore: Send + Sync {
    /// Keeps a report. The name depends on the sweep and the content alone, so keeping it again
    /// after a crash changes nothing. When it returns, the report survives a crash.
    async fn put(&self, id: BacktestId, report: &SweepReport) -> Result<ReportRef, StorageError>;

    /// A report; `None` when there is none of this name.
    async fn open(&self, report: &ReportRef) -> Result<Option<SweepReport>, StorageError>;

    /// A report without its rows; `None` when there is none of this name.
    async fn summary(&self, report: &ReportRef) -> Result<Option<SweepSummary>, StorageError>;

    /// Removes a report. One that is not there is no error.
    async fn remove(&self, report: &ReportRef) -> Result<(), StorageError>;
}
