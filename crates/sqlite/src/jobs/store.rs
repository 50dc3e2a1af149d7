use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use tapedeck_domain::id::BacktestId;
use tapedeck_domain::job::{Backtest, Conflict, JobChange};
use tapedeck_domain::port::{
    JobStore, NewJob, Removal, Signal, StorageError, SubmitError, Submitted,
};
use tapedeck_sql::change::ChangeRows;
use tapedeck_sql::schema::backtests;

use super::{SqliteJobs, audit, load};
use crate::fault::Fault;

#[async_trait]
impl JobStore for SqliteJobs {
    async fn submit(&self, new: NewJob) -> Result<Submitted, SubmitError> {
        self.submissions.run(new).await?
    }

    async fn find(&self, id: BacktestId) -> Result<Option<Backtest>, StorageError> {
        Ok(self.database.read(move |conn| load(conn, &id.to_string())).await?)
    }

    async fn commit(
        &self,
        changes: Vec<JobChange>,
    ) -> Result<Vec<Result<(), Conflict>>, StorageError> {
        let write = |change: &JobChange| {
            let signal = Signal::Changed(change.id, change.next.status());
            Ok((ChangeRows::try_from(change)?, signal))
        };
        let rows = changes.iter().map(write).collect::<Result<_, StorageError>>()?;
        self.commits.run(rows).await?
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
