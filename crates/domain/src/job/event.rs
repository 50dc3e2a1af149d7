use serde::{Deserialize, Serialize};

use super::failure::Failure;
use super::state::{Cancellation, Headline, Lease, Outcome, Progress, ReportRef};

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
    /// Its worker gave no sign for too long.
    LoseWorker {
        /// Attempts after which it is given up.
        max_attempts: u32,
    },
}

/// An entry of the event log, as clients see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum LogBody {
    /// It waits; after a lost or handed-back start, again.
    Queued,
    /// A worker took it.
    Started {
        /// Which start this is, from 1.
        attempt: u32,
    },
    /// It got further.
    Progress(Progress),
    /// Its end was asked for.
    Cancelling,
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
