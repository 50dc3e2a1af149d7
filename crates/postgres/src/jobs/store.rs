use std::sync::Arc;

use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl};
use tapedeck_domain::id::BacktestId;
use tapedeck_domain::job::{Backtest, Conflict, JobChange};
use tapedeck_domain::port::{
    JobStore, NewJob, Removal, Signal, StorageError, SubmitError, Submitted,
};
use tapedeck_sql::change::ChangeRows;
use tapedeck_sql::schema::backtests;
use tapedeck_sql::submission::NewRows;

use super::submitter::{Attempt, Submission};
use super::{PostgresJobs, audit, load};
use crate::fault::Fault;

#[async_trait]
impl JobStore for PostgresJobs {
    async fn submit(&self, new: NewJob) -> Result<Submitted, SubmitError> {
        let rows = Arc::new(NewRows::try_from(&new)?);
        let (id, queue_limit) = (new.job.id, new.queue_limit);
        let submission = Submission { id, rows: rows.clone(), queue_limit };
        if let Attempt::Added = self.submissions.run(submission).await?? {
            return Ok(Submitted::Created(new.job));
        }
        let submitted = self.submit_alone(&new, &rows).await?;
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
