//! The lifecycle, whole: one pure function from state and event to the change.

use serde_json::json;

use super::Backtest;
use super::change::{JobChange, LoggedEvent};
use super::event::{JobEvent, LogBody, RequeueReason};
use super::failure::{Failure, FailureReason};
use super::state::{Cancellation, JobState, Lease, Progress, ReportRef, Status};
use crate::audit::AuditEntry;
use crate::report::LogLevel;
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
        JobState::Queued { .. } => queued(job, event, now),
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
    log: Vec<LogBody>,
    attempt: Attempt,
    by: Author,
    decided: Option<Cancellation>,
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
        let (log, decided) = (vec![log], None);
        Self { next, log, attempt: Attempt::Same, by: Author::Anyone, decided }
    }

    fn by_worker(next: JobState, log: LogBody) -> Self {
        Self { by: Author::Worker, ..Self::by_anyone(next, log) }
    }

    /// After a start that came to nothing.
    fn requeued(reason: RequeueReason, retry_at: Option<Timestamp>) -> Self {
        let log = LogBody::Queued { reason: Some(reason), retry_at };
        Self::by_worker(JobState::Queued { retry_at }, log)
    }

    /// With a line before the entry of the state.
    fn saying(mut self, message: String) -> Self {
        self.log.insert(0, LogBody::Log { level: LogLevel::Warn, message });
        self
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
        let audit = self.decided.map(|wish| audit(job, wish, self.next.status()));
        let numbered = (job.last_seq + 1..).zip(self.log);
        JobChange {
            id: job.id,
            expected_revision: job.revision,
            fence,
            next: self.next,
            attempt,
            log: numbered.map(|(seq, body)| LoggedEvent { seq, at: now, body }).collect(),
            audit: audit.into_iter().collect(),
        }
    }
}

fn audit(job: &Backtest, wish: Cancellation, next: Status) -> AuditEntry {
    let status = |status: Status| Some(json!({"status": status.as_str()}));
    AuditEntry {
        at: wish.at,
        actor: wish.by,
        action: format!("{}.cancel", job.submission.kind().as_str()),
        subject: job.subject(),
        request_id: Some(wish.request_id),
        before: status(job.state.status()),
        after: status(next),
    }
}

fn queued(job: &Backtest, event: JobEvent, now: Timestamp) -> Option<Step> {
    match event {
        JobEvent::Claim(lease) => {
            let bars_total = job.submission.steps();
            let progress =
                Progress { bars_done: 0, bars_total, sim_time: None, peak_rss_bytes: None };
            let next = JobState::Running { lease, started_at: now, progress };
            let log = LogBody::Started { attempt: job.attempt + 1 };
            Some(Step { attempt: Attempt::Started, ..Step::by_anyone(next, log) })
        }
        JobEvent::Cancel(requested) => {
            let (started_at, partial) = (None, None);
            let decided = Some(requested.clone());
            let next = JobState::Cancelled { started_at, finished_at: now, requested, partial };
            Some(Step { decided, ..Step::by_anyone(next, LogBody::Cancelled) })
        }
        JobEvent::Progress(_)
        | JobEvent::Succeed(_)
        | JobEvent::Fail { .. }
        | JobEvent::TimeOut { .. }
        | JobEvent::Stop { .. }
        | JobEvent::Release
        | JobEvent::Snooze { .. }
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
            let (by, request_id) = (requested.by.clone(), requested.request_id.clone());
            let log = LogBody::Cancelling { by: Some(by), request_id: Some(request_id) };
            let decided = Some(requested.clone());
            let next = JobState::Cancelling { lease, started_at, progress, requested };
            Some(Step { decided, ..Step::by_anyone(next, log) })
        }
        JobEvent::Release => {
            let step = Step::requeued(RequeueReason::HandedBack, None);
            Some(Step { attempt: Attempt::Refunded, ..step })
        }
        JobEvent::Snooze { retry_at, why } => {
            let step = Step::requeued(RequeueReason::Snoozed, Some(retry_at)).saying(why);
            Some(Step { attempt: Attempt::Refunded, ..step })
        }
        JobEvent::LoseWorker { max_attempts, retry_at } => {
            Some(lost(job, started_at, now, max_attempts, retry_at))
        }
        JobEvent::Claim(_) | JobEvent::Stop { .. } => None,
    }
}

/// The worker did not say so itself, so the change carries no lease: the revision is enough.
fn lost(
    job: &Backtest,
    started_at: Timestamp,
    now: Timestamp,
    max_attempts: u32,
    retry_at: Timestamp,
) -> Step {
    if job.attempt < max_attempts {
        let message = format!("its worker was lost at attempt {} of {max_attempts}", job.attempt);
        let step = Step::requeued(RequeueReason::WorkerLost, Some(retry_at)).saying(message);
        return Step { by: Author::Anyone, ..step };
    }
    let detail = format!("its worker was lost {} times", job.attempt);
    let failure = Failure::new(FailureReason::WorkerLost, detail);
    Step::by_anyone(failed(started_at, now, &failure, None), LogBody::Failed { failure })
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
        JobEvent::Release | JobEvent::Snooze { .. } => {
            Some(Step::by_worker(cancelled(None), LogBody::Cancelled))
        }
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
            Self::Snooze { .. } => "be put off",
            Self::LoseWorker { .. } => "lose its worker",
        }
    }
}
