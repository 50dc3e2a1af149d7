//! Run one claimed job to its end, whatever that is.

mod artifact;
mod watch;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use artifact::{Artifact, Backtested};
use tapedeck_domain::job::{
    Backtest, Failure, FailureReason, JobEvent, LimitKind, Outcome, ReportRef,
};
use tapedeck_domain::manifest::{Build, Manifest};
use tapedeck_domain::port::{
    BacktestRunner, Clock, JobFeed, JobStore, ReportStore, RunControl, RunError, RunRequest,
    StorageError, SweepRunRequest, SweepRunner, SweepStore,
};
use tapedeck_domain::report::Report;
use tapedeck_domain::sweep::SweepPlan;

/// Run one claimed job.
#[derive(Clone)]
pub struct RunOne {
    /// Where jobs are changed.
    pub store: Arc<dyn JobStore>,
    /// What tells of cancellations.
    pub feed: Arc<dyn JobFeed>,
    /// Where reports of backtests are kept.
    pub reports: Arc<dyn ReportStore>,
    /// Where reports of sweeps are kept.
    pub sweeps: Arc<dyn SweepStore>,
    /// What simulates backtests.
    pub runner: Arc<dyn BacktestRunner>,
    /// What simulates sweeps.
    pub sweep_runner: Arc<dyn SweepRunner>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// The build that manifests name.
    pub build: Build,
}

/// Between two tries at a store that does not answer.
const RETRY_AFTER: Duration = Duration::from_millis(500);
/// Tries at keeping a report or its end; after them the lease runs out and the run is repeated.
const TRIES: u32 = 20;

/// Why a run is stopped before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopCause {
    /// Somebody asked for its end.
    Cancel,
    /// Its time is up.
    Timeout,
    /// The worker goes away: the job is handed back.
    Shutdown,
    /// The job belongs to another worker now: nothing may be written.
    LeaseLost,
}

/// Stops a run from elsewhere. The first cause holds.
#[derive(Debug, Clone, Default)]
pub struct RunHandle {
    control: Arc<RunControl>,
    cause: Arc<Mutex<Option<StopCause>>>,
}

impl RunHandle {
    /// Stops the run.
    pub fn stop(&self, cause: StopCause) {
        self.lock().get_or_insert(cause);
        self.control.stop();
    }

    fn cause(&self) -> Option<StopCause> {
        *self.lock()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<StopCause>> {
        self.cause.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RunOne {
    /// Runs a job that was just claimed, and commits how it ended.
    ///
    /// # Cancel safety
    /// Must not be dropped: between the report and its commit, the end of the run would be lost
    /// and the run repeated. To end it early, stop it by its handle.
    pub async fn run(&self, job: Backtest, handle: RunHandle) {
        let kind = job.submission.kind().as_str();
        tracing::info!(job.id = %job.id, job.kind = kind, job.attempt = job.attempt, "job started");
        let event = match &job.submission.sweep {
            None => self.backtest(&job, &handle).await,
            Some(plan) => self.sweep(&job, plan, &handle).await,
        };
        let Some(event) = event else {
            tracing::warn!(job.id = %job.id, "job dropped: another worker has its lease");
            return;
        };
        self.finish(&job, event).await;
    }

    /// How a backtest ended; `None` when it is another's now.
    async fn backtest(&self, job: &Backtest, handle: &RunHandle) -> Option<JobEvent> {
        let (limits, control) = (job.submission.limits, Arc::clone(&handle.control));
        let spec = job.submission.spec.clone();
        let work = self.runner.run(RunRequest { spec, limits, control });
        let result = self.watch(job, handle, work).await;
        let manifest = |report: &Report| self.manifest(job, report);
        let result = result.map(|report| Backtested { manifest: manifest(&report), report });
        self.outcome(job, handle, result).await
    }

    /// How a sweep ended; `None` when it is another's now.
    async fn sweep(
        &self,
        job: &Backtest,
        plan: &SweepPlan,
        handle: &RunHandle,
    ) -> Option<JobEvent> {
        let (limits, control) = (job.submission.limits, Arc::clone(&handle.control));
        let (spec, plan) = (job.submission.spec.clone(), plan.clone());
        let work = self.sweep_runner.run(SweepRunRequest { spec, plan, limits, control });
        let result = self.watch(job, handle, work).await;
        self.outcome(job, handle, result).await
    }

    /// What the end of the work means for the job; `None` when it is another's now.
    async fn outcome<A: Artifact>(
        &self,
        job: &Backtest,
        handle: &RunHandle,
        result: Result<A, RunError>,
    ) -> Option<JobEvent> {
        let cause = handle.cause();
        let artifact = match result {
            _ if cause == Some(StopCause::LeaseLost) => return None,
            Ok(artifact) => artifact,
            Err(error) => {
                let failure = failure(job, error);
                return Some(JobEvent::Fail { failure, partial: None });
            }
        };
        if !artifact.is_complete() && cause == Some(StopCause::Shutdown) {
            return Some(JobEvent::Release);
        }
        let reference = match self.keep(job, &artifact).await {
            Ok(reference) => reference,
            Err(error) => {
                tracing::error!(job.id = %job.id, %error, "the report could not be kept");
                let failure =
                    Failure::new(FailureReason::Internal, "the results could not be stored");
                return Some(JobEvent::Fail { failure, partial: None });
            }
        };
        Some(ending(job, cause, &artifact, reference))
    }

    async fn keep(
        &self,
        job: &Backtest,
        artifact: &impl Artifact,
    ) -> Result<Option<ReportRef>, StorageError> {
        if artifact.is_empty() {
            return Ok(None);
        }
        let mut tries = 0;
        loop {
            tries += 1;
            match artifact.put(self, job.id).await {
                Ok(reference) => return Ok(Some(reference)),
                Err(error) if tries >= TRIES => return Err(error),
                Err(_) => self.clock.sleep(RETRY_AFTER).await,
            }
        }
    }

    fn manifest(&self, job: &Backtest, report: &Report) -> Manifest {
        Manifest {
            version: 1,
            backtest_id: job.id,
            specification: job.submission.spec.clone(),
            input_hash: job.submission.input_hash.clone(),
            engine_version: report.engine_version.clone(),
            build: self.build.clone(),
            created_at: self.clock.now(),
        }
    }
}

fn ending(
    job: &Backtest,
    cause: Option<StopCause>,
    artifact: &impl Artifact,
    reference: Option<ReportRef>,
) -> JobEvent {
    match (artifact.is_complete(), cause, reference) {
        (true, _, Some(report_ref)) => {
            JobEvent::Succeed(Outcome { report: report_ref, headline: artifact.headline() })
        }
        (_, Some(StopCause::Timeout), partial) => {
            JobEvent::TimeOut { failure: timed_out(job), partial }
        }
        (_, _, partial) => JobEvent::Stop { partial },
    }
}

fn timed_out(job: &Backtest) -> Failure {
    let limit = job.submission.limits.timeout_ms;
    Failure {
        reason: FailureReason::LimitExceeded,
        detail: format!("the run took longer than {limit} ms"),
        limit: Some(LimitKind::TimeoutMs),
        observed: Some(limit),
    }
}

/// Internals go to the log, never to the client.
fn failure(job: &Backtest, error: RunError) -> Failure {
    tracing::error!(job.id = %job.id, error = ?error, "the run broke off");
    match error {
        RunError::Data(detail) => Failure::new(FailureReason::DataError, detail),
        RunError::Strategy(detail) => Failure::new(FailureReason::StrategyError, detail),
        RunError::Internal(_) => {
            Failure::new(FailureReason::Internal, "the run broke off; the log has the details")
        }
    }
}
