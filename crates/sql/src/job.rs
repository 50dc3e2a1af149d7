//! Rows of jobs, their logs, tags and keys.

use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use tapedeck_domain::id::BacktestId;
use tapedeck_domain::job::{Backtest, JobKind, LoggedEvent};
use tapedeck_domain::port::{Idempotency, Leased, StorageError};
use tapedeck_domain::time::Timestamp;

use crate::document;
use crate::schema::{backtest_events, backtest_tags, backtests, idempotency_keys};

/// A job.
#[derive(Debug, Clone, Queryable, QueryableByName, Insertable, Selectable)]
#[diesel(table_name = backtests)]
#[expect(missing_docs, reason = "columns are described in the migrations")]
pub struct JobRow {
    pub id: String,
    pub revision: i64,
    pub status: String,
    pub state: String,
    pub submission: String,
    pub attempt: i64,
    pub priority: i64,
    pub lease_id: Option<String>,
    pub renewals: i64,
    pub dedupe_key: Option<String>,
    pub dataset_id: String,
    pub symbol: String,
    pub strategy_id: String,
    pub created_at: i64,
    pub last_seq: i64,
    pub kind: String,
}

/// An entry of an event log.
#[derive(Debug, Clone, Queryable, Insertable)]
#[diesel(table_name = backtest_events)]
#[expect(missing_docs, reason = "columns are described in the migrations")]
pub struct EventRow {
    pub backtest_id: String,
    pub seq: i64,
    pub at: i64,
    pub body: String,
}

/// A tag of a job.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = backtest_tags)]
#[expect(missing_docs, reason = "columns are described in the migrations")]
pub struct TagRow {
    pub backtest_id: String,
    pub tag: String,
}

/// An idempotency key and the job that it made.
#[derive(Debug, Clone, Queryable, Insertable)]
#[diesel(table_name = idempotency_keys)]
#[expect(missing_docs, reason = "columns are described in the migrations")]
pub struct KeyRow {
    pub scope: String,
    pub key: String,
    pub body_hash: String,
    pub backtest_id: String,
    pub created_at: i64,
}

pub(crate) fn signed(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

pub(crate) fn unsigned(what: &str, n: i64) -> Result<u64, StorageError> {
    u64::try_from(n).map_err(|_| StorageError::corrupt(format!("{what} is {n}")))
}

impl JobRow {
    /// A row for a new job. The dedupe key is the adapter's to set.
    ///
    /// # Errors
    /// The job cannot be written as JSON.
    pub fn new(job: &Backtest) -> Result<Self, StorageError> {
        let spec = &job.submission.spec;
        Ok(Self {
            id: job.id.to_string(),
            revision: signed(job.revision),
            status: job.state.status().as_str().to_owned(),
            state: document::write(&job.state)?,
            submission: document::write(&job.submission)?,
            attempt: i64::from(job.attempt),
            priority: job.submission.priority.rank(),
            lease_id: job.state.lease().map(|lease| lease.id.to_string()),
            renewals: 0,
            dedupe_key: None,
            dataset_id: spec.dataset.id.to_string(),
            symbol: job.submission.symbol.as_str().to_owned(),
            strategy_id: spec.strategy.id.to_string(),
            created_at: job.created_at.as_nanos(),
            last_seq: signed(job.last_seq),
            kind: job.submission.kind().as_str().to_owned(),
        })
    }

    /// The rows of its tags.
    pub fn tags(job: &Backtest) -> Vec<TagRow> {
        let row = |tag: &str| TagRow { backtest_id: job.id.to_string(), tag: tag.to_owned() };
        job.submission.tags.iter().map(|tag| row(tag.as_str())).collect()
    }
}

/// That a job is of this kind. Spelt out: the index of sweeps serves only what a database knows
/// before it is told the parameters.
pub fn of_kind(kind: JobKind) -> SqlLiteral<Bool> {
    sql(match kind {
        JobKind::Backtest => "kind = 'backtest'",
        JobKind::Sweep => "kind = 'sweep'",
    })
}

/// A lease, from the columns of the job, the lease and its renewals; `None` where none is held.
///
/// # Errors
/// An id cannot be read.
pub fn leased(
    (id, lease, renewals): (String, Option<String>, i64),
) -> Result<Option<Leased>, StorageError> {
    let Some(lease) = lease else { return Ok(None) };
    let corrupt = |error| StorageError::corrupt(format!("backtest {id}: {error}"));
    Ok(Some(Leased {
        job: id.parse().map_err(corrupt)?,
        lease: lease.parse().map_err(corrupt)?,
        renewals: unsigned("backtests.renewals", renewals)?,
    }))
}

impl TryFrom<JobRow> for Backtest {
    type Error = StorageError;

    fn try_from(row: JobRow) -> Result<Self, StorageError> {
        let what = |column: &str| format!("backtests.{column} of {}", row.id);
        let attempt = u32::try_from(row.attempt);
        Ok(Self {
            id: row.id.parse().map_err(|_| StorageError::corrupt(what("id")))?,
            revision: unsigned("backtests.revision", row.revision)?,
            submission: document::read(&what("submission"), &row.submission)?,
            state: document::read(&what("state"), &row.state)?,
            attempt: attempt.map_err(|_| StorageError::corrupt(what("attempt")))?,
            created_at: Timestamp::from_nanos(row.created_at),
            last_seq: unsigned("backtests.last_seq", row.last_seq)?,
        })
    }
}

impl EventRow {
    /// A row for an entry of the log of `id`.
    ///
    /// # Errors
    /// The entry cannot be written as JSON.
    pub fn new(id: BacktestId, event: &LoggedEvent) -> Result<Self, StorageError> {
        Ok(Self {
            backtest_id: id.to_string(),
            seq: signed(event.seq),
            at: event.at.as_nanos(),
            body: document::write(&event.body)?,
        })
    }
}

impl TryFrom<EventRow> for LoggedEvent {
    type Error = StorageError;

    fn try_from(row: EventRow) -> Result<Self, StorageError> {
        let what = format!("backtest_events.body of {} {}", row.backtest_id, row.seq);
        Ok(Self {
            seq: unsigned("backtest_events.seq", row.seq)?,
            at: Timestamp::from_nanos(row.at),
            body: document::read(&what, &row.body)?,
        })
    }
}

impl KeyRow {
    /// A row for a key that made `job`.
    pub fn new(idempotency: &Idempotency, job: &Backtest) -> Self {
        Self {
            scope: idempotency.scope.clone(),
            key: idempotency.key.as_str().to_owned(),
            body_hash: idempotency.body_hash.clone(),
            backtest_id: job.id.to_string(),
            created_at: job.created_at.as_nanos(),
        }
    }
}
