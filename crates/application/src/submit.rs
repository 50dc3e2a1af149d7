//! Submit a backtest.

use std::sync::Arc;

use tapedeck_domain::id::BacktestId;
use tapedeck_domain::job::{Backtest, Limits, Submission};
use tapedeck_domain::port::{
    ArtifactCatalog, Clock, Idempotency, Ids, JobStore, NewJob, StorageError, SubmitError,
    Submitted,
};

use crate::prepare::{Prepare, PrepareError};
use crate::request::{BacktestRequest, FieldFault};

/// Submit a backtest.
#[derive(Clone)]
pub struct Submit {
    prepare: Prepare,
    store: Arc<dyn JobStore>,
    artifacts: Arc<dyn ArtifactCatalog>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
}

/// Why a backtest was not submitted. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum SubmitBacktestError {
    /// The request is not valid; every fault is listed.
    #[error("the request is not valid")]
    Invalid(Vec<FieldFault>),
    /// The catalog has no such dataset.
    #[error("no such dataset")]
    DatasetNotFound,
    /// The catalog has no such strategy.
    #[error("no such strategy")]
    StrategyNotFound,
    /// The key came with another body before.
    #[error("the idempotency key was used for another request")]
    IdempotencyConflict,
    /// As many jobs are queued as may be.
    #[error("the queue is full")]
    QueueFull,
    /// A store failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl From<PrepareError> for SubmitBacktestError {
    fn from(error: PrepareError) -> Self {
        match error {
            PrepareError::Invalid(faults) => Self::Invalid(faults),
            PrepareError::DatasetNotFound => Self::DatasetNotFound,
            PrepareError::StrategyNotFound => Self::StrategyNotFound,
            PrepareError::Storage(error) => Self::Storage(error),
        }
    }
}

impl From<SubmitError> for SubmitBacktestError {
    fn from(error: SubmitError) -> Self {
        match error {
            SubmitError::IdempotencyConflict => Self::IdempotencyConflict,
            SubmitError::QueueFull => Self::QueueFull,
            SubmitError::Storage(error) => Self::Storage(error),
        }
    }
}

impl Submit {
    /// Over these ports.
    pub fn new(
        prepare: Prepare,
        store: Arc<dyn JobStore>,
        artifacts: Arc<dyn ArtifactCatalog>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
    ) -> Self {
        Self { prepare, store, artifacts, clock, ids }
    }

    /// Checks the request and queues it, unless an equal one was carried out.
    ///
    /// # Errors
    /// See [`SubmitBacktestError`].
    pub async fn submit(
        &self,
        request: BacktestRequest,
        idempotency: Option<Idempotency>,
    ) -> Result<Submitted, SubmitBacktestError> {
        let submission = self.prepare.prepare(request).await?;
        Ok(self.queue(submission, idempotency).await?)
    }

    /// Queues what was prepared, unless an equal one was carried out. Nothing is added where its
    /// result would find no room; what was carried out before is told all the same.
    pub(crate) async fn queue(
        &self,
        submission: Submission,
        idempotency: Option<Idempotency>,
    ) -> Result<Submitted, SubmitError> {
        let id = BacktestId::from_uuid(self.ids.next());
        let (job, event) = Backtest::submit(id, submission, self.clock.now());
        let room = self.artifacts.usage().await?.room_for(0);
        let queue_limit = if room.is_ok() { self.prepare.server_limits().queue } else { 0 };
        let submitted = self.store.submit(NewJob { job, event, idempotency, queue_limit }).await;
        let submitted = match (submitted, room) {
            (Err(SubmitError::QueueFull), Err(full)) => return Err(full.into()),
            (submitted, _) => submitted?,
        };
        if let Submitted::Created(job) = &submitted {
            tracing::info!(
                job.id = %job.id,
                request.id = %job.submission.request_id,
                dataset.id = %job.submission.spec.dataset.id,
                strategy.id = %job.submission.spec.strategy.id,
                bars = job.submission.bars,
                "backtest queued"
            );
        }
        Ok(submitted)
    }

    /// Limits that may have been given under another configuration, within this server's own.
    pub(crate) fn within_server(&self, limits: Limits) -> Limits {
        limits.within(&self.prepare.server_limits().run)
    }
}
