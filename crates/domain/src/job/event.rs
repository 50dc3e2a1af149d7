use serde::{Deserialize, Serialize};

use super::failure::Failure;
use super::state::{Cancellation, Headline, Lease, Outcome, Progress, ReportRef};
use crate::actor::Actor;
use crate::id::RequestId;
use crate::report::LogLevel;
use crate::time::Timestamp;

/// What can happen to a job.
#[derive(Debug, Clone, PartialEq)]
pub enum JobEvent {
    /// A worker takes it.
    Claim(Lease),
    /// Its worker got further.
    Progress(Progress),
    /// Its worker ran it to the end.
    Succeed(Outcome),
    /// Its worker could not.
    Fail {
        /// Why.
        failure: Failure,
        /// What there is of a report.
        partial: Option<ReportRef>,
    },
    /// Its worker stopped it because its time was up.
    TimeOut {
        /// Which limit, and what was observed.
        failure: Failure,
        /// What there is of a report.
        partial: Option<ReportRef>,
    },
    /// Somebody asks for its end.
    Cancel(Cancellation),
    /// Its worker stopped it as it was asked to.
    Stop {
        /// What there is of a report.
        partial: Option<ReportRef>,
    },
    /// Its worker hands it back unfinished; that spends no attempt.
    Release,
    /// Its worker cannot do it now, through no fault of the job; that spends no attempt.
    Snooze {
        /// When it is tried again.
        retry_at: Timestamp,
        /// Why not now: a sentence for the log; no internals.
        why: String,
    },
    /// Its worker gave no sign for too long.
    LoseWorker {
        /// Attempts after which it is given up.
        max_attempts: u32,
        /// When it is tried again, if it is.
        retry_at: Timestamp,
    },
}

/// An entry of the event log, as clients see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum LogBody {
    /// It waits; after a start that came to nothing, again.
    Queued {
        /// Why it waits again; nothing for the first time.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<RequeueReason>,
        /// Before which it is not started again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_at: Option<Timestamp>,
    },
    /// A worker took it.
    Started {
        /// Which start this is, from 1.
        attempt: u32,
    },
    /// It got further.
    Progress(Progress),
    /// Something that whoever watches the run should know.
    Log {
        /// How serious.
        level: LogLevel,
        /// A sentence.
        message: String,
    },
    /// Its end was asked for.
    Cancelling {
        /// By whom; unknown in logs of older builds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<Actor>,
        /// By which request; unknown in logs of older builds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request_id: Option<RequestId>,
    },
    /// It succeeded.
    Succeeded {
        /// The figures that a list shows.
        metrics: Option<Headline>,
    },
    /// It failed.
    Failed {
        /// Why.
        failure: Failure,
    },
    /// It was cancelled.
    Cancelled,
    /// Its time was up.
    TimedOut {
        /// Which limit, and what was observed.
        failure: Failure,
    },
}

/// Why a job waits again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequeueReason {
    /// Its worker gave no sign for too long.
    WorkerLost,
    /// Its worker went away in good order.
    HandedBack,
    /// Its worker could not do it then.
    Snoozed,
}
