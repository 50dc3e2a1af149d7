//! What is counted of jobs.

use std::time::Duration;

use tapedeck_application::RunEnd;
use tapedeck_domain::job::{Backtest, FailureReason, JobKind, JobState, Priority, Status};
use tapedeck_domain::time::Timestamp;

/// All that can come to be is there from the start, so that its first step is seen as one.
pub(crate) fn begin() {
    let reasons = FailureReason::ALL.map(|reason| (Status::Failed, reason.as_str()));
    let plain = [Status::Succeeded, Status::Cancelled, Status::TimedOut].map(|state| (state, ""));
    for kind in [JobKind::Backtest, JobKind::Sweep] {
        for (state, reason) in plain.iter().chain(&reasons) {
            ends(kind, *state, reason).increment(0);
        }
        metrics::gauge!("tapedeck_runs_active", "kind" => kind.as_str()).set(0.0);
    }
    for reason in [PUT_OFF, HANDED_BACK, LOST] {
        returned(reason, 0);
    }
    for priority in [Priority::Interactive, Priority::Batch] {
        let labels = [("priority", priority.as_str())];
        metrics::counter!("tapedeck_queue_claimed_jobs_total", &labels).increment(0);
    }
    for outcome in ["jobs", "empty", "failed"] {
        metrics::counter!("tapedeck_queue_claims_total", "outcome" => outcome).increment(0);
    }
}

/// Its store was full or away.
const PUT_OFF: &str = "put_off";
/// The process stops.
const HANDED_BACK: &str = "handed_back";
/// Its worker died.
const LOST: &str = "lost";

fn ends(kind: JobKind, state: Status, reason: &'static str) -> metrics::Counter {
    let labels = [("kind", kind.as_str()), ("state", state.as_str()), ("reason", reason)];
    metrics::counter!("tapedeck_runs_ended_total", &labels)
}

fn returned(reason: &'static str, count: u64) {
    metrics::counter!("tapedeck_runs_returned_total", "reason" => reason).increment(count);
}

/// A look at the queue that brought so many jobs.
pub(crate) fn claimed(jobs: usize) {
    let outcome = if jobs > 0 { "jobs" } else { "empty" };
    metrics::counter!("tapedeck_queue_claims_total", "outcome" => outcome).increment(1);
}

/// A look at the queue that failed.
pub(crate) fn not_claimed() {
    metrics::counter!("tapedeck_queue_claims_total", "outcome" => "failed").increment(1);
}

/// Since when a job waited: from its submission, or the moment that it was put off to.
pub(crate) fn waiting_since(job: &Backtest) -> Timestamp {
    job.submission.not_before.map_or(job.created_at, |at| at.max(job.created_at))
}

/// Counts a start, and the wait for it if it is the first.
pub(crate) fn started(job: &Backtest, now: Timestamp) {
    let labels = [("priority", job.submission.priority.as_str())];
    metrics::counter!("tapedeck_queue_claimed_jobs_total", &labels).increment(1);
    if job.attempt <= 1 {
        let waited = Duration::from_millis(now.millis_since(waiting_since(job)));
        metrics::histogram!("tapedeck_queue_wait_seconds", &labels).record(waited);
    }
}

/// A job that is worked on, counted for as long as this lives.
pub(crate) struct Active(JobKind);

impl Active {
    pub(crate) fn new(kind: JobKind) -> Self {
        metrics::gauge!("tapedeck_runs_active", "kind" => kind.as_str()).increment(1.0);
        Self(kind)
    }
}

impl Drop for Active {
    fn drop(&mut self) {
        metrics::gauge!("tapedeck_runs_active", "kind" => self.0.as_str()).decrement(1.0);
    }
}

/// Counts how a run ended.
pub(crate) fn ended(end: &RunEnd) {
    match end {
        RunEnd::Committed { job, bars_done, peak_rss_bytes } => {
            committed(job, *bars_done, *peak_rss_bytes);
        }
        RunEnd::NotKept => metrics::counter!("tapedeck_runs_unkept_total").increment(1),
        RunEnd::OfAnother => {}
    }
}

fn committed(job: &Backtest, bars_done: u64, peak_rss_bytes: Option<u64>) {
    let (kind, status) = (job.submission.kind(), job.state.status());
    let reason = match &job.state {
        JobState::Queued { retry_at } => {
            return returned(if retry_at.is_some() { PUT_OFF } else { HANDED_BACK }, 1);
        }
        JobState::Failed { failure, .. } => failure.reason.as_str(),
        JobState::Running { .. }
        | JobState::Cancelling { .. }
        | JobState::Succeeded { .. }
        | JobState::Cancelled { .. }
        | JobState::TimedOut { .. } => "",
    };
    ends(kind, status, reason).increment(1);
    metrics::histogram!("tapedeck_run_attempts").record(f64::from(job.attempt));
    if let Some(bytes) = peak_rss_bytes {
        metrics::histogram!("tapedeck_run_peak_memory_bytes").record(bytes as f64);
    }
    let (started, finished) = (job.state.started_at(), job.state.finished_at());
    let Some(seconds) = started.zip(finished).map(|(from, to)| seconds(from, to)) else { return };
    let labels = [("kind", kind.as_str()), ("state", status.as_str())];
    metrics::histogram!("tapedeck_run_duration_seconds", &labels).record(seconds);
    match kind {
        JobKind::Backtest => {
            metrics::counter!("tapedeck_run_bars_total").increment(bars_done);
            if bars_done > 0 && seconds > 0.0 {
                let speed = bars_done as f64 / seconds;
                metrics::histogram!("tapedeck_run_bars_per_second").record(speed);
            }
        }
        JobKind::Sweep => {
            metrics::counter!("tapedeck_sweep_combinations_total").increment(bars_done);
        }
    }
}

/// The wall clock may have been set back meanwhile.
fn seconds(from: Timestamp, to: Timestamp) -> f64 {
    to.as_nanos().saturating_sub(from.as_nanos()).max(0) as f64 / 1e9
}

/// Counts a job whose worker was found to be gone, and what became of it.
pub(crate) fn lost(job: &Backtest, next: &JobState) {
    metrics::counter!("tapedeck_workers_lost_total").increment(1);
    match next {
        JobState::Failed { failure, .. } => {
            ends(job.submission.kind(), Status::Failed, failure.reason.as_str()).increment(1);
        }
        JobState::Cancelled { .. } => {
            ends(job.submission.kind(), Status::Cancelled, "").increment(1);
        }
        JobState::Queued { .. }
        | JobState::Running { .. }
        | JobState::Cancelling { .. }
        | JobState::Succeeded { .. }
        | JobState::TimedOut { .. } => returned(LOST, 1),
    }
}
