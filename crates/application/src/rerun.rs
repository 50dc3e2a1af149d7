//! Repeat a backtest that has ended, from its manifest.

use std::sync::Arc;

use tapedeck_domain::id::BacktestId;
use tapedeck_domain::job::{Backtest, Submission};
use tapedeck_domain::port::{
    DatasetStore, Idempotency, StorageError, StrategyCatalog, SubmitError, Submitted,
};
use tapedeck_domain::spec::Specification;

use crate::request::Origin;
use crate::results::{Ended, ResultError, Results};
use crate::submit::Submit;

/// Repeat a backtest that has ended.
#[derive(Clone)]
pub struct Rerun {
    results: Results,
    datasets: Arc<dyn DatasetStore>,
    strategies: Arc<dyn StrategyCatalog>,
    submit: Submit,
}

/// Why a backtest is not repeated. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum RerunError {
    /// There is nothing to repeat.
    #[error(transparent)]
    Source(#[from] ResultError),
    /// It was not queued.
    #[error(transparent)]
    Submit(#[from] SubmitError),
}

impl From<StorageError> for RerunError {
    fn from(error: StorageError) -> Self {
        Self::Source(error.into())
    }
}

impl Rerun {
    /// Over these ports.
    pub fn new(
        results: Results,
        datasets: Arc<dyn DatasetStore>,
        strategies: Arc<dyn StrategyCatalog>,
        submit: Submit,
    ) -> Self {
        Self { results, datasets, strategies, submit }
    }

    /// Queues a run with the inputs of `id`, whatever has become of names and versions since. It
    /// is a run of its own: it is never taken for the one that it repeats.
    ///
    /// # Errors
    /// See [`RerunError`].
    pub async fn rerun(
        &self,
        id: BacktestId,
        origin: Origin,
        idempotency: Option<Idempotency>,
    ) -> Result<Submitted, RerunError> {
        let Origin { request_id, trace } = origin;
        let job = self.results.job(id).await?;
        let spec = self.specification(&job).await?;
        for dataset in spec.datasets() {
            let bars = self.datasets.open(&dataset.content_hash).await?;
            bars.ok_or(ResultError::BarsGone)?;
        }
        let submission = Submission {
            input_hash: spec.input_hash(self.strategies.engine_version()),
            spec,
            limits: self.submit.within_server(job.submission.limits),
            force_new: true,
            request_id,
            trace,
            not_before: None,
            rerun_of: Some(id),
            ..job.submission
        };
        Ok(self.submit.queue(submission, idempotency).await?)
    }

    /// That of the manifest; a run that left none has it in what was asked for.
    async fn specification(&self, job: &Backtest) -> Result<Specification, ResultError> {
        let Some(report) = job.state.report().cloned() else {
            return Ok(job.submission.spec.clone());
        };
        let ended = Ended { job: job.clone(), report };
        Ok(self.results.manifest_of(&ended).await?.specification)
    }
}
