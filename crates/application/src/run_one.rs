//! Run one claimed job to its end, whatever that is.

mod artifact;
mod finish;
mod handle;
mod watch;

pub use finish::RunEnd;
pub use handle::{RunHandle, StopCause};

use std::sync::Arc;
use std::time::Duration;

use artifact::{Artifact, Backtested};
use tapedeck_domain::job::{
    Backtest, Exceeded, Failure, FailureReason, JobEvent, LimitKind, Outcome, ReportRef, Usage,
    pause_after_snooze,
};
use tapedeck_domain::manifest::{Build, Manifest};
use tapedeck_domain::port::{
    BacktestRunner, Clock, JobStore, Ran, ReportStore, RunError, RunRequest, StorageError,
    SweepRunRequest, SweepRunner, SweepStore,
};
use tapedeck_domain::report::Report;
use tapedeck_domain::sweep::SweepPlan;

/// Run one claimed job.
#[derive(Clone)]
pub struct RunOne {
    /// Where jobs are changed.
    pub store: Arc<dyn JobStore>,
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
/// Tries at keeping a report; after them the run is made again later.
const TRIES: u32 = 20;

impl RunOne {
    /// Runs a job that was just claimed, and commits how it ended.
    ///
    /// # Cancel safety
    /// Must not be dropped: between the report and its commit, the end of the run would be lost
    /// and the run repeated. To end it early, stop it by its handle.
    pub async fn run(&self, mut job: Backtest, handle: RunHandle) -> RunEnd {
        let kind = job.submission.kind().as_str();
        tracing::info!(job.id = %job.id, job.kind = kind, job.attempt = job.attempt, "job started");
        let event = match job.submission.sweep.clone() {
            None => self.backtest(&mut job, &handle).await,
            Some(plan) => self.sweep(&mut job, plan, &handle).await,
        };
        let Some(event) = event else {
            tracing::warn!(job.id = %job.id, "job dropped: another worker has its lease");
            return RunEnd::OfAnother;
        };
        self.finish(job, event, &handle).await
    }

    /// How a backtest ended; `None` when it is another's now.
    async fn backtest(&self, job: &mut Backtest, handle: &RunHandle) -> Option<JobEvent> {
        let (limits, control) = (job.submission.limits, Arc::clone(&handle.control));
        let spec = job.submission.spec.clone();
        let work = self.runner.run(RunRequest { spec, limits, control });
        let result = self.watch(job, handle, work).await;
        let manifest = |report: &Report| self.manifest(job, report);
        let result = result.map(|Ran { report, broke_off, usage }| {
            let manifest = manifest(&report);
            Backtested { manifest, report, broke_off, usage }
        });
        self.outcome(job, handle, result).await
    }

    /// How a sweep ended; `None` when it is another's now.
    async fn sweep(
        &self,
        job: &mut Backtest,
        plan: SweepPlan,
        handle: &RunHandle,
    ) -> Option<JobEvent> {
        let (limits, control) = (job.submission.limits, Arc::clone(&handle.control));
        let spec = job.submission.spec.clone();
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
        if handle.has_lost_its_lease() {
            return None;
        }
        let artifact = match result {
            Ok(artifact) => artifact,
            Err(RunError::Unavailable(error)) => return Some(self.put_off(job, "data", &error)),
            Err(RunError::Stopped(usage)) => return Some(nothing_left(job, handle.cause(), usage)),
            Err(error) => {
                let failure = failure(job, error);
                return Some(JobEvent::Fail { failure, partial: None });
            }
        };
        if !artifact.is_complete() && handle.cause() == Some(StopCause::Shutdown) {
            return Some(JobEvent::Release);
        }
        match self.keep(job, &artifact, handle).await {
            _ if handle.has_lost_its_lease() => None,
            Ok(reference) => Some(ending(job, handle.cause(), &artifact, reference)),
            Err(error) => Some(self.not_kept(job, handle.cause(), &artifact, &error)),
        }
    }

    async fn keep(
        &self,
        job: &Backtest,
        artifact: &impl Artifact,
        handle: &RunHandle,
    ) -> Result<Option<ReportRef>, StorageError> {
        if artifact.is_empty() {
            return Ok(None);
        }
        let mut tries = 0;
        loop {
            tries += 1;
            match artifact.put(self, job.id).await {
                Ok(reference) => return Ok(Some(reference)),
                // Room is not made in seconds, and what is broken stays so.
                Err(error @ (StorageError::Full { .. } | StorageError::Corrupt { .. })) => {
                    return Err(error);
                }
                Err(error) if tries >= TRIES || handle.has_lost_its_lease() => return Err(error),
                Err(_) => self.clock.sleep(RETRY_AFTER).await,
            }
        }
    }

    /// What becomes of a job whose report could not be kept: a whole one is made again later, a
    /// part is done without.
    fn not_kept(
        &self,
        job: &Backtest,
        cause: Option<StopCause>,
        artifact: &impl Artifact,
        error: &StorageError,
    ) -> JobEvent {
        tracing::error!(job.id = %job.id, %error, "the report could not be kept");
        if !artifact.is_complete() {
            return ending(job, cause, artifact, None);
        }
        match error {
            StorageError::Full { .. } | StorageError::Unavailable(_) => {
                self.put_off(job, "results", error)
            }
            StorageError::Corrupt { .. } => {
                let detail = "the results could not be stored";
                let failure = Failure::new(FailureReason::Internal, detail);
                JobEvent::Fail { failure, partial: None }
            }
        }
    }

    /// The store is at fault and not the job, which would come out the same at any other time.
    fn put_off(&self, job: &Backtest, what: &str, error: &StorageError) -> JobEvent {
        let pause = job.state.lease().map(|lease| pause_after_snooze(lease.id));
        let retry_at = self.clock.now().plus(pause.unwrap_or_default());
        let why = match error {
            StorageError::Full { .. } => format!("the store of its {what} is full"),
            StorageError::Unavailable(_) | StorageError::Corrupt { .. } => {
                format!("the store of its {what} does not answer")
            }
        };
        tracing::warn!(job.id = %job.id, %error, retry_at = %retry_at, "job put off: {why}");
        JobEvent::Snooze { retry_at, why }
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
    // At the last bar it has nothing left to be stopped from, and has failed all the same.
    if let Some(failure) = artifact.failure()
        && (cause.is_none() || artifact.is_complete())
    {
        return JobEvent::Fail { failure, partial: reference };
    }
    match (artifact.is_complete(), cause, reference) {
        (true, _, Some(report_ref)) => JobEvent::Succeed(Outcome {
            report: report_ref,
            headline: artifact.headline(),
            usage: artifact.usage(),
        }),
        (_, Some(StopCause::Timeout), partial) => {
            JobEvent::TimeOut { failure: timed_out(job, artifact.usage()), partial }
        }
        (_, _, partial) => JobEvent::Stop { partial },
    }
}

fn timed_out(job: &Backtest, usage: Option<Usage>) -> Failure {
    let limit = job.submission.limits.timeout_ms;
    let exceeded = Exceeded { kind: LimitKind::TimeoutMs, limit, observed: limit };
    Failure { usage, ..exceeded.into() }
}

/// How a job ends that was stopped, and of which nothing is left.
fn nothing_left(job: &Backtest, cause: Option<StopCause>, usage: Usage) -> JobEvent {
    match cause {
        Some(StopCause::Timeout) => {
            JobEvent::TimeOut { failure: timed_out(job, usage.measured()), partial: None }
        }
        Some(StopCause::Shutdown) => JobEvent::Release,
        Some(StopCause::Cancel | StopCause::LeaseLost) | None => JobEvent::Stop { partial: None },
    }
}

/// An error and its causes, in one line.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let texts: Vec<String> = causes.map(ToString::to_string).collect();
    texts.join(": ")
}

/// Internals go to the log, never to the client.
fn failure(job: &Backtest, error: RunError) -> Failure {
    match &error {
        RunError::Data(_) | RunError::Strategy(_) | RunError::Limit(..) => {
            tracing::info!(job.id = %job.id, %error, "the run broke off");
        }
        RunError::Refused(_)
        | RunError::Unavailable(_)
        | RunError::Stopped(_)
        | RunError::Internal(_) => {
            tracing::error!(job.id = %job.id, error = chain(&error), "the run broke off");
        }
    }
    match error {
        RunError::Data(detail) => Failure::new(FailureReason::DataError, detail),
        RunError::Strategy(detail) => Failure::new(FailureReason::StrategyError, detail),
        RunError::Limit(exceeded, usage) => Failure { usage: usage.measured(), ..exceeded.into() },
        error @ RunError::Refused(_) => Failure::new(FailureReason::Internal, error.to_string()),
        RunError::Unavailable(_) | RunError::Stopped(_) | RunError::Internal(_) => {
            Failure::new(FailureReason::Internal, "the run broke off; the log has the details")
        }
    }
}
