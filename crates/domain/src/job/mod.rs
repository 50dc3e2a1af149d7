//! The backtest job: what was asked for, where it stands, and how it may go on.

mod change;
mod event;
mod failure;
mod pause;
mod state;
mod submission;
mod transition;

pub use change::{Conflict, JobChange, LoggedEvent};
pub use event::{JobEvent, LogBody, RequeueReason};
pub use failure::{Exceeded, Failure, FailureReason, LimitKind, Usage};
pub use pause::{pause_after_loss, pause_after_snooze};
pub use state::{Cancellation, Headline, JobState, Lease, Outcome, Progress, ReportRef, Status};
pub use submission::{IdempotencyKey, JobKind, Limits, Priority, Submission, Tag};
pub use transition::{InvalidTransition, transition};

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::id::BacktestId;
use crate::time::Timestamp;

/// The longest that a job waits after a start that came to nothing.
pub const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// One backtest job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Backtest {
    /// Its id.
    pub id: BacktestId,
    /// Grows by one with each change.
    pub revision: u64,
    /// What was asked for. Never changes.
    pub submission: Submission,
    /// Where it stands.
    pub state: JobState,
    /// How often it was started.
    pub attempt: u32,
    /// When it was submitted.
    pub created_at: Timestamp,
    /// The `seq` of the last entry of its event log; the log starts at 1 and has no gaps.
    pub last_seq: u64,
}

impl Backtest {
    /// A new job, queued, with the first entry of its log.
    pub fn submit(id: BacktestId, submission: Submission, now: Timestamp) -> (Self, LoggedEvent) {
        let job = Self {
            id,
            revision: 1,
            submission,
            state: JobState::Queued { retry_at: None },
            attempt: 0,
            created_at: now,
            last_seq: 1,
        };
        let body = LogBody::Queued { reason: None, retry_at: None };
        (job, LoggedEvent { seq: 1, at: now, body })
    }

    /// What the audit trail calls it.
    pub fn subject(&self) -> String {
        format!("{}s/{}", self.submission.kind().as_str(), self.id)
    }

    /// The job after `change`, which must have been made from this very revision.
    ///
    /// # Errors
    /// When it was made from another one, or by a worker that does not hold the lease.
    pub fn apply(&self, change: &JobChange) -> Result<Self, Conflict> {
        let held = self.state.lease().map(|lease| lease.id);
        let fenced_out = change.fence.is_some() && change.fence != held;
        if change.expected_revision != self.revision || fenced_out {
            return Err(Conflict);
        }
        Ok(Self {
            id: self.id,
            revision: self.revision + 1,
            submission: self.submission.clone(),
            state: change.next.clone(),
            attempt: change.attempt,
            created_at: self.created_at,
            last_seq: change.log.last().map_or(self.last_seq, |event| event.seq),
        })
    }

    /// Whether it waits and may be started now.
    ///
    /// A pause after a failed start is never long: one that seems to be was decided before the
    /// clock was set back, and does not count.
    pub fn is_due(&self, now: Timestamp) -> bool {
        let JobState::Queued { retry_at } = self.state else { return false };
        let paused = retry_at.is_some_and(|at| at > now && at <= now.plus(LONGEST_PAUSE));
        !paused && self.submission.not_before.is_none_or(|at| at <= now)
    }

    /// The key that no other live job may have, so that equal requests share one run; none for
    /// jobs that asked for a run of their own or ended without a result.
    pub fn dedupe_key(&self) -> Option<&str> {
        let shared = match self.state {
            JobState::Queued { .. }
            | JobState::Running { .. }
            | JobState::Cancelling { .. }
            | JobState::Succeeded { .. } => !self.submission.force_new,
            JobState::Failed { .. } | JobState::Cancelled { .. } | JobState::TimedOut { .. } => {
                false
            }
        };
        shared.then_some(self.submission.input_hash.as_str())
    }
}
