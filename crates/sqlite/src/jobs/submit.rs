//! Submissions, one by one, each in a transaction that may have others before and after it.

use diesel::dsl::{max, sql};
use diesel::prelude::*;
use diesel::result::Error as DieselError;
use diesel::sql_types::Bool;
use diesel::sqlite::SqliteConnection;
use tapedeck_domain::job::Backtest;
use tapedeck_domain::port::{Idempotency, NewJob, StorageError, SubmitError, Submitted};
use tapedeck_sql::job::{JobRow, KeyRow};
use tapedeck_sql::schema::{
    backtest_events, backtest_tags, backtests, idempotency_keys, queue_places,
};
use tapedeck_sql::submission::NewRows;

use super::load;
use crate::fault::Fault;

/// What a submission may end with.
pub(super) struct Refusal(pub(super) SubmitError);

impl From<DieselError> for Refusal {
    fn from(error: DieselError) -> Self {
        Self(StorageError::unavailable(error).into())
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self(fault.0.into())
    }
}

impl From<StorageError> for Refusal {
    fn from(error: StorageError) -> Self {
        Self(error.into())
    }
}

/// Adds a job to a queue of so many, unless an equal request was carried out.
pub(super) fn submit(
    conn: &mut SqliteConnection,
    new: NewJob,
    queued: &mut u64,
) -> Result<Submitted, Refusal> {
    let key = new.idempotency.as_ref();
    if let Some(before) = key.map(|key| replayed(conn, key)).transpose()?.flatten() {
        return Ok(Submitted::Replayed(before));
    }
    let twin = twin(conn, &new.job)?;
    let twin_exists = twin.is_some();
    if let (Some(twin), None) = (twin, key) {
        return Ok(Submitted::Deduplicated(twin));
    }
    if *queued >= new.queue_limit {
        return Err(Refusal(SubmitError::QueueFull));
    }
    let rows = NewRows::try_from(&new)?;
    insert(conn, rows, twin_exists)?;
    *queued += 1;
    Ok(Submitted::Created(new.job))
}

fn insert(conn: &mut SqliteConnection, new: NewRows, twin_exists: bool) -> Result<(), Refusal> {
    let id = new.job.id.clone();
    let mut row = new.job;
    row.dedupe_key = row.dedupe_key.filter(|_| !twin_exists);
    diesel::insert_into(backtests::table).values(row).execute(conn)?;
    enqueue(conn, &id, new.not_before)?;
    diesel::insert_into(backtest_tags::table).values(new.tags).execute(conn)?;
    diesel::insert_into(backtest_events::table).values(new.event).execute(conn)?;
    if let Some(key) = new.key {
        diesel::insert_into(idempotency_keys::table).values(key).execute(conn)?;
    }
    Ok(())
}

/// The condition is spelt as that of the index is.
pub(super) fn count_queued(conn: &mut SqliteConnection) -> Result<u64, Fault> {
    let queued = backtests::table.filter(sql::<Bool>("status = 'queued'"));
    let count: i64 = queued.count().get_result(conn)?;
    Ok(u64::try_from(count).unwrap_or(0))
}

/// Gives a new job the last place. Writers come one by one, so no other gets the same.
fn enqueue(conn: &mut SqliteConnection, id: &str, not_before: i64) -> Result<(), Refusal> {
    let last: Option<i64> = queue_places::table.select(max(queue_places::position)).first(conn)?;
    let row = queue_places::table.find(id);
    let place = queue_places::position.eq(last.unwrap_or(0) + 1);
    diesel::update(row).set((place, queue_places::not_before.eq(not_before))).execute(conn)?;
    Ok(())
}

/// The job that this key made, if it was used before.
fn replayed(conn: &mut SqliteConnection, key: &Idempotency) -> Result<Option<Backtest>, Refusal> {
    let known = idempotency_keys::table.find((&key.scope, key.key.as_str()));
    let Some(row): Option<KeyRow> = known.first(conn).optional()? else { return Ok(None) };
    if row.body_hash != key.body_hash {
        return Err(Refusal(SubmitError::IdempotencyConflict));
    }
    Ok(load(conn, &row.backtest_id)?)
}

/// The live job with the same inputs, if there is one and the new job would share it.
fn twin(conn: &mut SqliteConnection, job: &Backtest) -> Result<Option<Backtest>, Refusal> {
    let Some(key) = job.dedupe_key() else { return Ok(None) };
    let query = backtests::table.filter(backtests::dedupe_key.eq(key));
    let row: Option<JobRow> = query.first(conn).optional()?;
    Ok(row.map(Backtest::try_from).transpose()?)
}
