//! Run one claimed backtest to its end, whatever that is.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::{FutureExt as _, StreamExt as _, select};
use tapedeck_domain::id::LeaseId;
use tapedeck_domain::job::{
    Backtest, Failure, FailureReason, Headline, JobEvent, LimitKind, Outcome, Progress, ReportRef,
    Status, transition,
};
use tapedeck_domain::manifest::{Build, Manifest};
use tapedeck_domain::port::{
    BacktestRunner, Clock, JobFeed, JobStore, ReportStore, RunControl, RunError, RunRequest,
    StorageError,
};
use tapedeck_domain::report::Report;

/// Run one claimed backtest.
#[derive(Clone)]
pub struct RunOne {
    store: Arc<dyn JobStore>,
    feed: Arc<dyn JobFeed>,
    reports: Arc<dyn ReportStore>,
    runner: Arc<dyn BacktestRunner>,
    clock: Arc<dyn Clock>,
    build: Build,
}

/// Between two entries of progress, so that there are at most four a second.
const PROGRESS_EVERY: Duration = Duration::from_millis(250);
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
    /// Over these ports.
    pub fn new(
        store: Arc<dyn JobStore>,
        feed: Arc<dyn JobFeed>,
        reports: Arc<dyn ReportStore>,
        runner: Arc<dyn BacktestRunner>,
        clock: Arc<dyn Clock>,
        build: Build,
    ) -> Self {
        Self { store, feed, reports, runner, clock, build }
    }

    /// Runs a job that was just claimed, and commits how it ended.
    ///
    /// # Cancel safety
    /// Must not be dropped: between the report and its commit, the end of the run would be lost
    /// and the run repeated. To end it early, stop it by its handle.
    pub async fn run(&self, job: Backtest, handle: RunHandle) {
        tracing::info!(job.id = %job.id, job.attempt = job.attempt, "backtest started");
        let result = self.simulate(&job, &handle).await;
        let event = self.outcome(&job, &handle, result).await;
        let Some(event) = event else {
            tracing::warn!(job.id = %job.id, "backtest dropped: another worker has its lease");
            return;
        };
        self.finish(&job, event).await;
    }

    /// Simulates, while watching for cancellation, the time limit and progress.
    async fn simulate(&self, job: &Backtest, handle: &RunHandle) -> Result<Report, RunError> {
        let limits = job.submission.limits;
        let control = Arc::clone(&handle.control);
        let spec = job.submission.spec.clone();
        let mut run = self.runner.run(RunRequest { spec, limits, control }).fuse();
        let mut signals = self.feed.subscribe().fuse();
        let mut deadline = self.clock.sleep(Duration::from_millis(limits.timeout_ms)).fuse();
        let mut tick = self.clock.sleep(PROGRESS_EVERY).fuse();
        let mut known = job.clone();
        loop {
            select! {
                result = run => return result,
                () = deadline => handle.stop(StopCause::Timeout),
                signal = signals.select_next_some() => {
                    if signal.concerns(job.id) {
                        self.look(&mut known, handle).await;
                    }
                }
                () = tick => {
                    self.report_progress(&mut known, handle).await;
                    tick = self.clock.sleep(PROGRESS_EVERY).fuse();
                }
            }
        }
    }

    /// Finds out whether the job was cancelled or given to another worker.
    async fn look(&self, known: &mut Backtest, handle: &RunHandle) {
        // A store that does not answer now is asked again with the next progress.
        let Ok(found) = self.store.find(known.id).await else { return };
        let Some(found) = found.filter(|found| lease(found) == lease(known)) else {
            return handle.stop(StopCause::LeaseLost);
        };
        if found.state.status() == Status::Cancelling {
            handle.stop(StopCause::Cancel);
        }
        *known = found;
    }

    async fn report_progress(&self, known: &mut Backtest, handle: &RunHandle) {
        let (bars_done, sim_time) = handle.control.position();
        let bars_total = known.submission.bars;
        let progress = Progress { bars_done, bars_total, sim_time: Some(sim_time) };
        let event = JobEvent::Progress(progress);
        if bars_done == 0 {
            // Nothing to tell yet; whether the run is still wanted may have changed all the same.
            return self.look(known, handle).await;
        }
        let Ok(change) = transition(known, event, self.clock.now()) else { return };
        match self.store.commit(vec![change.clone()]).await.as_deref() {
            Ok([Ok(())]) => {
                if let Ok(next) = known.apply(&change) {
                    *known = next;
                }
            }
            Ok(_) => self.look(known, handle).await,
            Err(error) => tracing::warn!(job.id = %known.id, %error, "progress was not kept"),
        }
    }

    /// What the end of the simulation means for the job; `None` when it is another's now.
    async fn outcome(
        &self,
        job: &Backtest,
        handle: &RunHandle,
        result: Result<Report, RunError>,
    ) -> Option<JobEvent> {
        let cause = handle.cause();
        let report = match result {
            _ if cause == Some(StopCause::LeaseLost) => return None,
            Ok(report) => report,
            Err(error) => {
                let failure = failure(job, error);
                return Some(JobEvent::Fail { failure, partial: None });
            }
        };
        if !report.is_complete() && cause == Some(StopCause::Shutdown) {
            return Some(JobEvent::Release);
        }
        let reference = match self.keep(job, &report).await {
            Ok(reference) => reference,
            Err(error) => {
                tracing::error!(job.id = %job.id, %error, "the report could not be kept");
                let failure =
                    Failure::new(FailureReason::Internal, "the results could not be stored");
                return Some(JobEvent::Fail { failure, partial: None });
            }
        };
        Some(ending(job, cause, &report, reference))
    }

    async fn keep(
        &self,
        job: &Backtest,
        report: &Report,
    ) -> Result<Option<ReportRef>, StorageError> {
        if report.bars_done == 0 {
            return Ok(None);
        }
        let manifest = self.manifest(job, report);
        let mut tries = 0;
        loop {
            tries += 1;
            match self.reports.put(job.id, &manifest, report).await {
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

    /// Commits the end, on whatever revision the job has reached meanwhile.
    async fn finish(&self, job: &Backtest, event: JobEvent) {
        for _ in 0..TRIES {
            let found = match self.store.find(job.id).await {
                Ok(Some(found)) if lease(&found) == lease(job) => found,
                Ok(_) => break,
                Err(_) => {
                    self.clock.sleep(RETRY_AFTER).await;
                    continue;
                }
            };
            let Ok(change) = transition(&found, event.clone(), self.clock.now()) else { break };
            let next = change.next.status();
            match self.store.commit(vec![change]).await.as_deref() {
                Ok([Ok(())]) => {
                    tracing::info!(job.id = %job.id, job.status = next.as_str(), "backtest ended");
                    return;
                }
                Ok(_) => {}
                Err(_) => self.clock.sleep(RETRY_AFTER).await,
            }
        }
        tracing::error!(job.id = %job.id, "the end of the backtest could not be kept");
    }
}

fn lease(job: &Backtest) -> Option<LeaseId> {
    job.state.lease().map(|lease| lease.id)
}

fn ending(
    job: &Backtest,
    cause: Option<StopCause>,
    report: &Report,
    reference: Option<ReportRef>,
) -> JobEvent {
    match (report.is_complete(), cause, reference) {
        (true, _, Some(report_ref)) => {
            let headline = report.metrics.as_ref().map(Headline::from);
            JobEvent::Succeed(Outcome { report: report_ref, headline })
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
