use async_trait::async_trait;

use super::StorageError;
use crate::audit::AuditEntry;
use crate::id::BacktestId;
use crate::job::{Backtest, Conflict, IdempotencyKey, JobChange, LoggedEvent};

/// Jobs, one by one.
#[async_trait]
pub trait JobStore: Send + Sync {
    /// Adds a job with the first entry of its log, unless the request was carried out before.
    /// Of equal requests at the same moment, one is added. When it returns, the job survives a
    /// crash.
    async fn submit(&self, new: NewJob) -> Result<Submitted, SubmitError>;

    /// A job; `None` when there is none of this id.
    async fn find(&self, id: BacktestId) -> Result<Option<Backtest>, StorageError>;

    /// Applies changes, each whole or not at all, and says of each whether it was applied, in
    /// their order. A change is refused when the job is gone, has another revision, or another
    /// lease than the change carries; the others are applied all the same.
    async fn commit(
        &self,
        changes: Vec<JobChange>,
    ) -> Result<Vec<Result<(), Conflict>>, StorageError>;

    /// Removes jobs with their logs and keys, each if it still has its revision, and says of each
    /// whether it was removed, in their order. The audit trail has the entries of those that were.
    async fn delete(
        &self,
        removals: Vec<Removal>,
    ) -> Result<Vec<Result<(), Conflict>>, StorageError>;
}

/// A job to be removed.
#[derive(Debug, Clone, PartialEq)]
pub struct Removal {
    /// Which one.
    pub id: BacktestId,
    /// The revision that it must still have.
    pub revision: u64,
    /// What the audit trail says about it.
    pub audit: AuditEntry,
}

/// A job to be added.
#[derive(Debug, Clone)]
pub struct NewJob {
    /// The job, queued.
    pub job: Backtest,
    /// The first entry of its log.
    pub event: LoggedEvent,
    /// What the client said to tell a repeated request.
    pub idempotency: Option<Idempotency>,
    /// Queued jobs beyond which none is added.
    pub queue_limit: u64,
}

/// A client's key with what it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idempotency {
    /// Whose keys they are and for which route; keys of other scopes do not matter.
    pub scope: String,
    /// The key.
    pub key: IdempotencyKey,
    /// SHA-256 of the body that came with it.
    pub body_hash: String,
}

/// What became of a submission.
#[derive(Debug, Clone, PartialEq)]
pub enum Submitted {
    /// The job was added.
    Created(Backtest),
    /// An equal one is queued, running or has succeeded; nothing was added. Only without a key.
    Deduplicated(Backtest),
    /// The key came with the same body before; this is the job that it made.
    Replayed(Backtest),
}

impl Submitted {
    /// The job, new or old.
    pub const fn job(&self) -> &Backtest {
        match self {
            Self::Created(job) | Self::Deduplicated(job) | Self::Replayed(job) => job,
        }
    }
}

/// Why nothing was added.
#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    /// The key came with another body before.
    #[error("the idempotency key was used for another request")]
    IdempotencyConflict,
    /// As many jobs are queued as may be.
    #[error("the queue is full")]
    QueueFull,
    /// The store failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}
