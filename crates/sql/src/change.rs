//! What a change of a job alters and adds.

use diesel::prelude::*;
use tapedeck_domain::job::{JobChange, JobState, Status};
use tapedeck_domain::port::StorageError;
use tapedeck_domain::time::Timestamp;

use crate::audit::NewAuditRow;
use crate::document;
use crate::job::{EventRow, signed};
use crate::schema::{backtests, queue_places};

/// A change, written down: neither the job that it changes nor what was asked for is needed.
#[derive(Debug, Clone)]
pub struct ChangeRows {
    /// The job.
    pub id: String,
    /// The revision that it must have.
    pub expected: i64,
    /// The lease that it must be under.
    pub fence: Option<String>,
    /// What is set.
    pub update: JobUpdate,
    /// More of it.
    pub place: PlaceUpdate,
    /// Whether equal requests still share the job.
    pub is_shared: bool,
    /// What is added to its log.
    pub events: Vec<EventRow>,
    /// What is added to the audit trail.
    pub audit: Vec<NewAuditRow>,
}

/// What a change sets. Nothing stands for what stays as it is. The dedupe key is only ever
/// cleared; renewals only ever grow, or a lease whose job makes progress would look as if it
/// stood still.
#[derive(Debug, Clone, AsChangeset)]
#[diesel(table_name = backtests)]
#[expect(missing_docs, reason = "columns are described in the migrations")]
pub struct JobUpdate {
    pub revision: i64,
    pub status: String,
    pub state: String,
    pub attempt: i64,
    pub lease_id: Option<Option<String>>,
    pub last_seq: Option<i64>,
}

/// When a job may be started again, and when it ended: more columns of its row.
#[derive(Debug, Clone, AsChangeset)]
#[diesel(table_name = queue_places, treat_none_as_null = true)]
#[expect(missing_docs, reason = "columns are described in the migrations")]
pub struct PlaceUpdate {
    pub retry_at: i64,
    pub finished_at: Option<i64>,
}

impl TryFrom<&JobChange> for ChangeRows {
    type Error = StorageError;

    fn try_from(change: &JobChange) -> Result<Self, StorageError> {
        let state = &change.next;
        let events = change.log.iter().map(|event| EventRow::new(change.id, event));
        let update = JobUpdate {
            revision: signed(change.expected_revision.saturating_add(1)),
            status: state.status().as_str().to_owned(),
            state: document::write(state)?,
            attempt: i64::from(change.attempt),
            lease_id: Some(state.lease().map(|lease| lease.id.to_string())),
            last_seq: change.log.last().map(|event| signed(event.seq)),
        };
        Ok(Self {
            id: change.id.to_string(),
            expected: signed(change.expected_revision),
            fence: change.fence.map(|lease| lease.to_string()),
            update,
            place: PlaceUpdate::of(state),
            is_shared: is_shared(state.status()),
            events: events.collect::<Result<_, _>>()?,
            audit: change.audit.iter().map(NewAuditRow::from).collect(),
        })
    }
}

impl PlaceUpdate {
    fn of(state: &JobState) -> Self {
        let retry_at = match *state {
            JobState::Queued { retry_at } => retry_at,
            JobState::Running { .. }
            | JobState::Cancelling { .. }
            | JobState::Succeeded { .. }
            | JobState::Failed { .. }
            | JobState::Cancelled { .. }
            | JobState::TimedOut { .. } => None,
        };
        Self {
            retry_at: retry_at.map_or(0, Timestamp::as_nanos),
            finished_at: state.finished_at().map(Timestamp::as_nanos),
        }
    }
}

/// Whether the dedupe key of a job, if it has one, is kept in this state.
const fn is_shared(status: Status) -> bool {
    match status {
        Status::Queued | Status::Running | Status::Cancelling | Status::Succeeded => true,
        Status::Failed | Status::Cancelled | Status::TimedOut => false,
    }
}
