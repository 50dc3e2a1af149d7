use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl};
use tapedeck_domain::id::BacktestId;
use tapedeck_domain::job::{Backtest, Conflict, JobChange};
use tapedeck_domain::port::{
    JobStore, NewJob, Removal, Signal, StorageError, SubmitError, Submitted,
};
use tapedeck_sql::schema::backtests;

use super::{PostgresJobs, append, audit, decode, load, write};
use crate::fault::Fault;

#[async_trait]
impl JobStore for PostgresJobs {
    async fn submit(&self, new: NewJob) -> Result<Submitted, SubmitError> {
        let submitted = self.submit_once(&new).await?;
        if let Submitted::Created(job) = &submitted {
            self.wake.tell(Signal::Changed(job.id, job.state.status()));
        }
        Ok(submitted)
    }

    async fn find(&self, id: BacktestId) -> Result<Option<Backtest>, StorageError> {
        Ok(self.database.run(async |conn| load(conn, &id.to_string()).await).await?)
    }

    async fn commit(
        &self,
        changes: Vec<JobChange>,
    ) -> Result<Vec<Result<(), Conflict>>, StorageError> {
        let commit = async |conn: &mut AsyncPgConnection| {
            conn.transaction(async |conn| commit(conn, &changes).await).await
        };
        let applied = self.database.run(commit).await?;
        let done = changes.iter().zip(&applied).filter(|(_, result)| result.is_ok());
        done.for_each(|(change, _)| {
            self.wake.tell(Signal::Changed(change.id, change.next.status()))
        });
        Ok(applied)
    }

    async fn delete(
        &self,
        removals: Vec<Removal>,
    ) -> Result<Vec<Result<(), Conflict>>, StorageError> {
        let delete = async |conn: &mut AsyncPgConnection| {
            conn.transaction(async |conn| delete(conn, &removals).await).await
        };
        let removed = self.database.run(delete).await?;
        for (removal, removed) in removals.iter().zip(&removed) {
            removed.iter().for_each(|()| self.wake.tell(Signal::Removed(removal.id)));
        }
        Ok(removed)
    }
}

/// In the order of the ids, as all that lock several jobs.
async fn delete(
    conn: &mut AsyncPgConnection,
    removals: &[Removal],
) -> Result<Vec<Result<(), Conflict>>, Fault> {
    let mut ordered: Vec<_> = removals.iter().enumerate().collect();
    ordered.sort_by_key(|(_, removal)| removal.id);
    let mut removed = vec![Err(Conflict); removals.len()];
    for (at, removal) in ordered {
        let revision = i64::try_from(removal.revision).unwrap_or(i64::MAX);
        let row = backtests::table.find(removal.id.to_string());
        let statement = diesel::delete(row.filter(backtests::revision.eq(revision)));
        if statement.execute(conn).await? > 0 {
            audit(conn, std::iter::once(&removal.audit)).await?;
            removed[at] = Ok(());
        }
    }
    Ok(removed)
}

/// Locks every job that is meant, decides on the locked rows, and writes each job once.
async fn commit(
    conn: &mut AsyncPgConnection,
    changes: &[JobChange],
) -> Result<Vec<Result<(), Conflict>>, Fault> {
    let mut jobs = lock(conn, changes).await?;
    let mut changed = BTreeSet::new();
    let mut applied = Vec::with_capacity(changes.len());
    for change in changes {
        let next = jobs.get(&change.id).ok_or(Conflict).and_then(|job| job.apply(change));
        applied.push(next.map(|next| {
            changed.insert(change.id);
            jobs.insert(change.id, next);
        }));
    }
    for (_, next) in jobs.iter().filter(|(id, _)| changed.contains(id)) {
        write(conn, next).await?;
    }
    let done = changes.iter().zip(&applied).filter(|(_, result)| result.is_ok());
    append(conn, done.map(|(change, _)| change)).await?;
    Ok(applied)
}

/// In the order of the ids, so that two commits cannot each hold what the other waits for.
async fn lock(
    conn: &mut AsyncPgConnection,
    changes: &[JobChange],
) -> Result<BTreeMap<BacktestId, Backtest>, Fault> {
    let ids: BTreeSet<String> = changes.iter().map(|change| change.id.to_string()).collect();
    let rows = backtests::table
        .filter(backtests::id.eq_any(ids))
        .order(backtests::id)
        .for_update()
        .load(conn)
        .await?;
    Ok(decode(rows)?.into_iter().map(|job| (job.id, job)).collect())
}
