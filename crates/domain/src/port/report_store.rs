use async_trait::async_trait;

use super::StorageError;
use crate::id::BacktestId;
use crate::job::ReportRef;
use crate::manifest::Manifest;
use crate::report::Report;

/// Reports of runs, as files.
#[async_trait]
pub trait ReportStore: Send + Sync {
    /// Keeps a report. The name depends on the run and the content alone, so keeping it again
    /// after a crash changes nothing. When it returns, the report survives a crash.
    async fn put(
        &self,
        id: BacktestId,
        manifest: &Manifest,
        report: &Report,
    ) -> Result<ReportRef, StorageError>;

    /// A report; `None` when there is none of this name.
    async fn open(&self, report: &ReportRef) -> Result<Option<Report>, StorageError>;

    /// The manifest beside a report; `None` when there is none of this name.
    async fn manifest(&self, report: &ReportRef) -> Result<Option<Manifest>, StorageError>;

    /// Removes a report. One that is not there is no error.
    async fn remove(&self, report: &ReportRef) -> Result<(), StorageError>;
}
