use std::sync::Arc;

use async_trait::async_trait;
use tapedeck_domain::port::{Maintenance, MarketDataError, StorageError};

use crate::audit::{Archived, AuditExport};
use crate::retention::{Occasion, Removed, Retention};

/// What a schedule has done.
#[async_trait]
pub trait ScheduledTask: Send + Sync {
    /// Does it once. It may be dropped at any moment: what it was at is left to the next run.
    async fn run(&self) -> Result<TaskEnd, TaskError>;
}

/// How a task ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskEnd {
    /// It did what it is for, and this is what that was.
    Done(String),
    /// It found something that somebody must look at.
    Alarm(String),
}

/// Why a task could not do what it is for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TaskError(pub String);

impl From<StorageError> for TaskError {
    fn from(error: StorageError) -> Self {
        Self(chain(&error))
    }
}

impl From<MarketDataError> for TaskError {
    fn from(error: MarketDataError) -> Self {
        Self(error.to_string())
    }
}

/// An error and its causes, in one line.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

/// Removes what was kept long enough.
pub struct RetentionTask(pub Retention);

#[async_trait]
impl ScheduledTask for RetentionTask {
    async fn run(&self) -> Result<TaskEnd, TaskError> {
        let removed = self.0.apply(&Occasion::Unattended).await?;
        Ok(TaskEnd::Done(sentence(&removed)))
    }
}

fn sentence(removed: &Removed) -> String {
    format!(
        "removed {} jobs with {} artifacts, {} orphans, {} unfinished files, {} keys",
        removed.all_jobs(),
        removed.artifacts,
        removed.orphans.all(),
        removed.unfinished,
        removed.keys
    )
}

/// Keeps the database quick.
pub struct MaintenanceTask(pub Arc<dyn Maintenance>);

#[async_trait]
impl ScheduledTask for MaintenanceTask {
    async fn run(&self) -> Result<TaskEnd, TaskError> {
        Ok(TaskEnd::Done(self.0.maintain().await?.join("; ")))
    }
}

/// Writes what was sealed of the audit trail to files.
pub struct AuditExportTask(pub AuditExport);

#[async_trait]
impl ScheduledTask for AuditExportTask {
    async fn run(&self) -> Result<TaskEnd, TaskError> {
        let Archived { entries, until } = self.0.export().await?;
        Ok(TaskEnd::Done(format!("{entries} entries archived, up to position {until}")))
    }
}
