//! Submissions, one by one. Equal ones race for a unique index, and those that lose look again.

use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use diesel::sql_types::BigInt;
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl};
use tapedeck_domain::job::Backtest;
use tapedeck_domain::port::{Idempotency, NewJob, StorageError, SubmitError, Submitted};
use tapedeck_sql::job::{JobRow, KeyRow};
use tapedeck_sql::schema::{
    backtest_events, backtest_tags, backtests, idempotency_keys, queue_places,
};
use tapedeck_sql::submission::NewRows;

use super::submitter::count_queued;
use super::{PostgresJobs, load};
use crate::fault::Fault;
use crate::reach::SaysAway;

/// A loser finds the winner's row when it looks again, unless that ended meanwhile; who loses
/// so often in a row is told that the store is busy.
const TRIES: usize = 8;

/// Submissions that may be under way at the same time without seeing each other: more than the
/// connections that a server accepts by default.
pub(super) const HEADROOM: u64 = 128;

/// The advisory lock of the queue's length. Any number, as long as it is always the same.
const QUEUE_LOCK: i64 = 0x7461_7065_7175_6575;

/// How a submission takes the lock of the queue's length.
#[derive(Clone, Copy)]
enum Turn {
    /// Beside others: the queue is far from full.
    Shared,
    /// Alone, so that the count is exact.
    Alone,
}

/// Why a transaction did not add a job.
enum Stop {
    Refused(SubmitError),
    /// Another one was faster.
    Lost(DieselError),
    /// The queue is nearly full: to be tried again alone.
    Crowded,
}

impl From<DieselError> for Stop {
    fn from(error: DieselError) -> Self {
        if is_lost(&error) { Self::Lost(error) } else { Fault::from(error).into() }
    }
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Refused(fault.0.into())
    }
}

impl From<StorageError> for Stop {
    fn from(error: StorageError) -> Self {
        Self::Refused(error.into())
    }
}

impl SaysAway for Stop {
    fn away(&self) -> Option<String> {
        match self {
            Self::Refused(SubmitError::Storage(error)) => error.away(),
            Self::Refused(SubmitError::IdempotencyConflict | SubmitError::QueueFull)
            | Self::Lost(_)
            | Self::Crowded => None,
        }
    }
}

impl PostgresJobs {
    /// Adds the job unless an equal request was carried out, whoever was faster.
    pub(super) async fn submit_alone(
        &self,
        new: &NewJob,
        rows: &NewRows,
    ) -> Result<Submitted, SubmitError> {
        let (mut turn, mut last) = (Turn::Shared, None);
        for _ in 0..TRIES {
            let submit = async |conn: &mut AsyncPgConnection| {
                conn.transaction(async |conn| submit(conn, new, rows, turn).await).await
            };
            match self.database.run(submit).await {
                Ok(submitted) => return Ok(submitted),
                Err(Stop::Refused(error)) => return Err(error),
                Err(Stop::Lost(error)) => last = Some(error),
                Err(Stop::Crowded) => turn = Turn::Alone,
            }
        }
        let error = last.unwrap_or(DieselError::RollbackTransaction);
        Err(StorageError::unavailable(error).into())
    }
}

async fn submit(
    conn: &mut AsyncPgConnection,
    new: &NewJob,
    rows: &NewRows,
    turn: Turn,
) -> Result<Submitted, Stop> {
    let (job, key) = (&new.job, new.idempotency.as_ref());
    if let Some(key) = key
        && let Some(before) = replayed(conn, key).await?
    {
        return Ok(Submitted::Replayed(before));
    }
    let twin = twin(conn, job).await?;
    let twin_exists = twin.is_some();
    if let (Some(twin), None) = (twin, key) {
        return Ok(Submitted::Deduplicated(twin));
    }
    admit(conn, new.queue_limit, turn).await?;
    insert(conn, rows, twin_exists).await?;
    Ok(Submitted::Created(job.clone()))
}

/// The driver has no kind for deadlocks, so they are told by the message of a server that speaks
/// English; locks are taken in one order, so none is expected.
fn is_lost(error: &DieselError) -> bool {
    use DatabaseErrorKind::{SerializationFailure, UniqueViolation};
    let DieselError::DatabaseError(kind, info) = error else { return false };
    matches!(kind, UniqueViolation | SerializationFailure) || info.message() == "deadlock detected"
}

/// Lets a job into the queue. Counting and adding are two steps: far from the limit they may
/// interleave with those of others, near it only one submission at a time does both.
async fn admit(conn: &mut AsyncPgConnection, limit: u64, turn: Turn) -> Result<(), Stop> {
    let lock = match turn {
        Turn::Shared => "SELECT pg_advisory_xact_lock_shared($1)",
        Turn::Alone => "SELECT pg_advisory_xact_lock($1)",
    };
    diesel::sql_query(lock).bind::<BigInt, _>(QUEUE_LOCK).execute(conn).await?;
    let queued = count_queued(conn).await?;
    match turn {
        _ if queued >= limit => Err(Stop::Refused(SubmitError::QueueFull)),
        Turn::Shared if queued.saturating_add(HEADROOM) > limit => Err(Stop::Crowded),
        Turn::Shared | Turn::Alone => Ok(()),
    }
}

async fn insert(
    conn: &mut AsyncPgConnection,
    new: &NewRows,
    twin_exists: bool,
) -> Result<(), Stop> {
    let mut row = new.job.clone();
    row.dedupe_key = row.dedupe_key.filter(|_| !twin_exists);
    diesel::insert_into(backtests::table).values(row).execute(conn).await?;
    if new.not_before > 0 {
        let row = queue_places::table.find(&new.job.id);
        let later = queue_places::not_before.eq(new.not_before);
        diesel::update(row).set(later).execute(conn).await?;
    }
    if !new.tags.is_empty() {
        diesel::insert_into(backtest_tags::table).values(&new.tags).execute(conn).await?;
    }
    diesel::insert_into(backtest_events::table).values(&new.event).execute(conn).await?;
    if let Some(key) = &new.key {
        diesel::insert_into(idempotency_keys::table).values(key).execute(conn).await?;
    }
    Ok(())
}

/// The job that this key made, if it was used before.
async fn replayed(
    conn: &mut AsyncPgConnection,
    key: &Idempotency,
) -> Result<Option<Backtest>, Stop> {
    let known = idempotency_keys::table.find((&key.scope, key.key.as_str()));
    let Some(row): Option<KeyRow> = known.first(conn).await.optional()? else { return Ok(None) };
    if row.body_hash != key.body_hash {
        return Err(Stop::Refused(SubmitError::IdempotencyConflict));
    }
    Ok(load(conn, &row.backtest_id).await?)
}

/// The live job with the same inputs, if there is one and the new job would share it.
async fn twin(conn: &mut AsyncPgConnection, job: &Backtest) -> Result<Option<Backtest>, Stop> {
    let Some(key) = job.dedupe_key() else { return Ok(None) };
    let query = backtests::table.filter(backtests::dedupe_key.eq(key));
    let row: Option<JobRow> = query.first(conn).await.optional()?;
    Ok(row.map(Backtest::try_from).transpose()?)
}
