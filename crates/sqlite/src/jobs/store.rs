use async_trait::async_trait;
use diesel::dsl::max;
use diesel::prelude::*;
use diesel::result::Error as DieselError;
use diesel::sqlite::SqliteConnection;
use tapedeck_domain::id::BacktestId;
use tapedeck_domain::job::{Backtest, Conflict, JobChange, Status};
use tapedeck_domain::port::{
    Idempotency, JobStore, NewJob, Removal, Signal, StorageError, SubmitError, Submitted,
};
use tapedeck_sql::job::{EventRow, JobRow, KeyRow, PlaceUpdate};
use tapedeck_sql::schema::{
    backtest_events, backtest_tags, backtests, idempotency_keys, queue_places,
};

use super::{SqliteJobs, apply, audit, load};
use crate::fault::Fault;

/// What a submission may end with.
struct Refusal(SubmitError);

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

#[async_trait]
impl JobStore for SqliteJobs {
    async fn submit(&self, new: NewJob) -> Result<Submitted, SubmitError> {
        let submitted = self.database.write(move |conn| submit(conn, new)).await;
        let submitted = submitted.map_err(|refusal: Refusal| refusal.0)?;
        if let Submitted::Created(job) = &submitted {
            self.feed.send(Signal::Changed(job.id, job.state.status()));
        }
        Ok(submitted)
    }

    async fn find(&self, id: BacktestId) -> Result<Option<Backtest>, StorageError> {
        Ok(self.database.read(move |conn| load(conn, &id.to_string())).await?)
    }

    async fn commit(
        &self,
        changes: Vec<JobChange>,
    ) -> Result<Vec<Result<(), Conflict>>, StorageError> {
        let ids: Vec<_> = changes.iter().map(|change| change.id).collect();
        let all = move |conn: &mut SqliteConnection| -> Result<Vec<_>, Fault> {
            changes.iter().map(|change| apply(conn, change)).collect()
        };
        let applied = self.database.write(all).await?;
        for (id, status) in ids.iter().zip(&applied) {
            status.iter().for_each(|status| self.feed.send(Signal::Changed(*id, *status)));
        }
        Ok(applied.into_iter().map(|result| result.map(drop)).collect())
    }

    async fn delete(
        &self,
        removals: Vec<Removal>,
    ) -> Result<Vec<Result<(), Conflict>>, StorageError> {
        let ids: Vec<_> = removals.iter().map(|removal| removal.id).collect();
        let all = move |conn: &mut SqliteConnection| -> Result<Vec<_>, Fault> {
            removals.iter().map(|removal| delete(conn, removal)).collect()
        };
        let removed = self.database.write(all).await?;
        for (id, removed) in ids.into_iter().zip(&removed) {
            removed.iter().for_each(|()| self.feed.send(Signal::Removed(id)));
        }
        Ok(removed)
    }
}

fn delete(conn: &mut SqliteConnection, removal: &Removal) -> Result<Result<(), Conflict>, Fault> {
    let revision = i64::try_from(removal.revision).unwrap_or(i64::MAX);
    let row = backtests::table.find(removal.id.to_string());
    if diesel::delete(row.filter(backtests::revision.eq(revision))).execute(conn)? == 0 {
        return Ok(Err(Conflict));
    }
    audit(conn, std::iter::once(&removal.audit))?;
    Ok(Ok(()))
}

fn submit(conn: &mut SqliteConnection, new: NewJob) -> Result<Submitted, Refusal> {
    let (job, key) = (new.job, new.idempotency.as_ref());
    if let Some(before) = key.map(|key| replayed(conn, key)).transpose()?.flatten() {
        return Ok(Submitted::Replayed(before));
    }
    let twin = twin(conn, &job)?;
    let twin_exists = twin.is_some();
    if let (Some(twin), None) = (twin, key) {
        return Ok(Submitted::Deduplicated(twin));
    }
    let queued: i64 = backtests::table
        .filter(backtests::status.eq(Status::Queued.as_str()))
        .count()
        .get_result(conn)?;
    if u64::try_from(queued).unwrap_or(0) >= new.queue_limit {
        return Err(Refusal(SubmitError::QueueFull));
    }
    let mut row = JobRow::new(&job)?;
    row.dedupe_key = job.dedupe_key().filter(|_| !twin_exists).map(str::to_owned);
    diesel::insert_into(backtests::table).values(row).execute(conn)?;
    enqueue(conn, &job)?;
    diesel::insert_into(backtest_tags::table).values(JobRow::tags(&job)).execute(conn)?;
    let event = EventRow::new(job.id, &new.event)?;
    diesel::insert_into(backtest_events::table).values(event).execute(conn)?;
    if let Some(key) = key {
        let row = KeyRow::new(key, &job);
        diesel::insert_into(idempotency_keys::table).values(row).execute(conn)?;
    }
    Ok(Submitted::Created(job))
}

/// Gives a new job the last place. Writers come one by one, so no other gets the same.
fn enqueue(conn: &mut SqliteConnection, job: &Backtest) -> Result<(), Refusal> {
    let last: Option<i64> = queue_places::table.select(max(queue_places::position)).first(conn)?;
    let row = queue_places::table.find(job.id.to_string());
    let place = queue_places::position.eq(last.unwrap_or(0) + 1);
    diesel::update(row).set((place, PlaceUpdate::of(job))).execute(conn)?;
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
