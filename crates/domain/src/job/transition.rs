//! The lifecycle, whole: one pure function from state and event to the change.

use super::Backtest;
use super::change::{JobChange, LoggedEvent};
use super::event::{JobEvent, LogBody};
use super::failure::{Failure, FailureReason};
use super::state::{Cancellation, JobState, Lease, Progress, ReportRef, Status};
use crate::time::Timestamp;

/// The event cannot happen in the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a backtest that is {} cannot {event}", state.as_str())]
pub struct InvalidTransition {
    /// The state.
    pub state: Status,
    /// The event, as a verb.
    pub event: &'static str,
}

/// Decides what `event` does to `job`.
///
/// # Errors
/// When the event cannot happen in the state that the job is in.
pub fn transition(
    job: &Backtest,
    event: JobEvent,
    now: Timestamp,
) -> Result<JobChange, InvalidTransition> {
    let refused = InvalidTransition { state: job.state.status(), event: event.verb() };
    let step = match &job.state {
        JobState::Queued => queued(job, event, now),
        JobState::Running { lease, started_at, progress } => {
            running(job, (*lease, *started_at, *progress), event, now)
        }
        JobState::Cancelling { started_at, requested, .. } => {
            cancelling(*started_at, requested.clone(), event, now)
        }
        JobState::Succeeded { .. }
        | JobState::Failed { .. }
        | JobState::Cancelled { .. }
        | JobState::TimedOut { .. } => None,
    };
    step.map(|step| step.into_change(job, now)).ok_or(refused)
}

/// What an event leads to.
struct Step {
    next: JobState,
    log: LogBody,
    attempt: Attempt,
    by: Author,
}

/// What becomes of the number of starts.
enum Attempt {
    Same,
    Started,
    Refunded,
}

/// Whose decision it is: a worker's must carry its lease.
enum Author {
    Worker,
    Anyone,
}

impl Step {
    fn by_anyone(next: JobState, log: LogBody) -> Self {
        Self { next, log, attempt: Attempt::Same, by: Author::Anyone }
    }

    fn by_worker(next: JobState, log: LogBody) -> Self {
        Self { next, log, attempt: Attempt::Same, by: Author::Worker }
    }

    fn into_change(self, job: &Backtest, now: Timestamp) -> JobChange {
        let fence = match self.by {
            Author::Worker => job.state.lease().map(|lease| lease.id),
            Author::Anyone => None,
        };
        let attempt = match self.attempt {
            Attempt::Same => job.attempt,
            Attempt::Started => job.attempt + 1,
            Attempt::Refunded => job.attempt.saturating_sub(1),
        };
        JobChange {
            id: job.id,
            expected_revision: job.revision,
            fence,
            next: self.next,
            attempt,
            log: vec![LoggedEvent { seq: job.last_seq + 1, at: now, body: self.log }],
        }
    }
}

fn queued(job: &Backtest, event: JobEvent, now: Timestamp) -> Option<Step> {
    match event {
        JobEvent::Claim(lease) => {
            let bars_total = job.submission.steps();
            let progress = Progress { bars_done: 0, bars_total, sim_time: None };
            let next = JobState::Running { lease, started_at: now, progress };
            let log = LogBody::Started { attempt: job.attempt + 1 };
            Some(Step { attempt: Attempt::Started, ..Step::by_anyone(next, log) })
        }
        JobEvent::Cancel(requested) => {
            let (started_at, partial) = (None, None);
            let next = JobState::Cancelled { started_at, finished_at: now, requested, partial };
            Some(Step::by_anyone(next, LogBody::Cancelled))
        }
        JobEvent::Progress(_)
        | JobEvent::Succeed(_)
        | JobEvent::Fail { .. }
        | JobEvent::TimeOut { .. }
        | JobEvent::Stop { .. }
        | JobEvent::Release
        | JobEvent::LoseWorker { .. } => None,
    }
}

fn running(
    job: &Backtest,
    (lease, started_at, progress): (Lease, Timestamp, Progress),
    event: JobEvent,
    now: Timestamp,
) -> Option<Step> {
    match event {
        JobEvent::Progress(progress) => {
            let next = JobState::Running { lease, started_at, progress };
            Some(Step::by_worker(next, LogBody::Progress(progress)))
        }
        JobEvent::Succeed(outcome) => {
            let log = LogBody::Succeeded { metrics: outcome.headline };
            let next = JobState::Succeeded { started_at, finished_at: now, outcome };
            Some(Step::by_worker(next, log))
        }
        JobEvent::Fail { failure, partial } => Some(Step::by_worker(
            failed(started_at, now, &failure, partial),
            LogBody::Failed { failure },
        )),
        JobEvent::TimeOut { failure, partial } => {
            let log = LogBody::TimedOut { failure: failure.clone() };
            let next = JobState::TimedOut { started_at, finished_at: now, failure, partial };
            Some(Step::by_worker(next, log))
        }
        JobEvent::Cancel(requested) => {
            let next = JobState::Cancelling { lease, started_at, progress, requested };
            Some(Step::by_anyone(next, LogBody::Cancelling))
        }
        JobEvent::Release => {
            let step = Step::by_worker(JobState::Queued, LogBody::Queued);
            Some(Step { attempt: Attempt::Refunded, ..step })
        }
        JobEvent::LoseWorker { max_attempts } if job.attempt < max_attempts => {
            Some(Step::by_anyone(JobState::Queued, LogBody::Queued))
        }
        JobEvent::LoseWorker { .. } => {
            let detail = format!("its worker was lost {} times", job.attempt);
            let failure = Failure::new(FailureReason::WorkerLost, detail);
            Some(Step::by_anyone(
                failed(started_at, now, &failure, None),
                LogBody::Failed { failure },
            ))
        }
        JobEvent::Claim(_) | JobEvent::Stop { .. } => None,
    }
}

fn failed(
    started_at: Timestamp,
    finished_at: Timestamp,
    failure: &Failure,
    partial: Option<ReportRef>,
) -> JobState {
    JobState::Failed {
        started_at: Some(started_at),
        finished_at,
        failure: failure.clone(),
        partial,
    }
}

/// Whatever ends a run whose end was asked for, it ends as cancelled; a report that was finished
/// meanwhile is kept.
fn cancelling(
    started_at: Timestamp,
    requested: Cancellation,
    event: JobEvent,
    now: Timestamp,
) -> Option<Step> {
    let cancelled = |partial| {
        let (started_at, finished_at) = (Some(started_at), now);
        JobState::Cancelled { started_at, finished_at, requested, partial }
    };
    match event {
        JobEvent::Succeed(outcome) => {
            Some(Step::by_worker(cancelled(Some(outcome.report)), LogBody::Cancelled))
        }
        JobEvent::Fail { partial, .. }
        | JobEvent::TimeOut { partial, .. }
        | JobEvent::Stop { partial } => {
            Some(Step::by_worker(cancelled(partial), LogBody::Cancelled))
        }
        JobEvent::Release => Some(Step::by_worker(cancelled(None), LogBody::Cancelled)),
        JobEvent::LoseWorker { .. } => Some(Step::by_anyone(cancelled(None), LogBody::Cancelled)),
        JobEvent::Claim(_) | JobEvent::Progress(_) | JobEvent::Cancel(_) => None,
    }
}

impl JobEvent {
    /// The event as a verb.
    pub const fn verb(&self) -> &'static str {
        match self {
            Self::Claim(_) => "be claimed",
            Self::Progress(_) => "progress",
            Self::Succeed(_) => "succeed",
            Self::Fail { .. } => "fail",
            Self::TimeOut { .. } => "time out",
            Self::Cancel(_) => "be cancelled",
            Self::Stop { .. } => "stop",
            Self::Release => "be handed back",
            Self::LoseWorker { .. } => "lose its worker",
        }
    }
}
