//! Writes of several callers in one transaction: the disk is waited for once.

use diesel::Connection as _;
use diesel::sqlite::SqliteConnection;
use tapedeck_domain::job::Conflict;
use tapedeck_domain::port::{NewJob, Signal, StorageError, SubmitError, Submitted};
use tapedeck_sql::LocalFeed;
use tapedeck_sql::change::ChangeRows;
use tapedeck_sql::group::shared;

use super::apply_rows;
use super::submit::{Refusal, count_queued, submit};
use crate::Database;
use crate::fault::Fault;

/// What one caller wants to be changed, with what others are told when it was.
pub(super) type Commit = Vec<(ChangeRows, Signal)>;

/// What became of it.
pub(super) type Committed = Result<Vec<Result<(), Conflict>>, StorageError>;

/// Writes for all callers. What one of them asks for is a transaction within that of the group,
/// so that it is kept or taken back by itself.
#[derive(Clone)]
pub(super) struct Writer {
    pub(super) database: Database,
    pub(super) feed: LocalFeed,
}

impl Writer {
    pub(super) async fn submit(self, new: Vec<NewJob>) -> Vec<Result<Submitted, SubmitError>> {
        let callers = new.len();
        let all = move |conn: &mut SqliteConnection| -> Result<Vec<_>, Fault> {
            let mut queued = count_queued(conn)?;
            let one = |new| {
                let submitted = conn.transaction(|conn| submit(conn, new, &mut queued));
                submitted.map_err(|refusal: Refusal| refusal.0)
            };
            Ok(new.into_iter().map(one).collect())
        };
        let submitted = self.database.write(all).await;
        let submitted = submitted.unwrap_or_else(|fault| {
            shared(fault.0, callers).map(|error| Err(SubmitError::Storage(error))).collect()
        });
        for new in submitted.iter().flatten() {
            if let Submitted::Created(job) = new {
                self.feed.send(Signal::Changed(job.id, job.state.status()));
            }
        }
        submitted
    }

    pub(super) async fn commit(self, commits: Vec<Commit>) -> Vec<Committed> {
        let callers = commits.len();
        let all = move |conn: &mut SqliteConnection| -> Result<Vec<_>, Fault> {
            let mut one = |commit: Commit| {
                let applied = conn.transaction(|conn| apply_all(conn, &commit));
                applied.map_err(|fault| fault.0).map(|applied| (commit, applied))
            };
            Ok(commits.into_iter().map(&mut one).collect())
        };
        match self.database.write(all).await {
            Ok(applied) => applied.into_iter().map(|one| one.map(|one| self.tell(one))).collect(),
            Err(fault) => shared(fault.0, callers).map(Err).collect(),
        }
    }

    /// Tells of what was applied.
    fn tell(
        &self,
        (commit, applied): (Commit, Vec<Result<(), Conflict>>),
    ) -> Vec<Result<(), Conflict>> {
        for ((_, signal), applied) in commit.iter().zip(&applied) {
            applied.iter().for_each(|()| self.feed.send(*signal));
        }
        applied
    }
}

fn apply_all(
    conn: &mut SqliteConnection,
    commit: &Commit,
) -> Result<Vec<Result<(), Conflict>>, Fault> {
    commit.iter().map(|(change, _)| apply_rows(conn, change)).collect()
}
