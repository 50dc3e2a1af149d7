use serde::{Deserialize, Serialize};

use super::event::LogBody;
use super::state::JobState;
use crate::audit::AuditEntry;
use crate::id::{BacktestId, LeaseId};
use crate::time::Timestamp;

/// The unit of work: everything that one event changes, as a value. A store applies all of it
/// or nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct JobChange {
    /// Which job.
    pub id: BacktestId,
    /// The revision that it was decided on; the store refuses it on any other.
    pub expected_revision: u64,
    /// The lease that must still be held, for changes made by a worker.
    pub fence: Option<LeaseId>,
    /// The state after it.
    pub next: JobState,
    /// The number of starts after it.
    pub attempt: u32,
    /// The entries that it adds to the event log.
    pub log: Vec<LoggedEvent>,
    /// The entries that it adds to the audit trail.
    pub audit: Vec<AuditEntry>,
}

/// An entry of the event log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LoggedEvent {
    /// Counts from 1 without gaps.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// What.
    pub body: LogBody,
}

/// The job has moved on since the change was decided, or its lease is another's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the job has moved on")]
pub struct Conflict;
