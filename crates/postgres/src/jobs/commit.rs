//! Commits of several callers at once.

use diesel::result::{DatabaseErrorKind, Error as DieselError};
use diesel_async::{AsyncConnection as _, AsyncPgConnection};
use tapedeck_domain::job::Conflict;
use tapedeck_domain::port::{Signal, StorageError};
use tapedeck_sql::change::ChangeRows;
use tapedeck_sql::group::shared;

use super::change::{apply, rounds};
use crate::Database;
use crate::fault::Fault;
use crate::wake::Wake;

/// What one caller wants to be changed, with what others are told when it was.
pub(super) type Commit = Vec<(ChangeRows, Signal)>;

/// What became of it.
pub(super) type Committed = Result<Vec<Result<(), Conflict>>, StorageError>;

/// Commits for all callers.
#[derive(Clone)]
pub(super) struct Committer {
    pub(super) database: Database,
    pub(super) wake: Wake,
}

impl Committer {
    /// All in one transaction. When the server refuses that, each caller gets one of its own, so
    /// that it was refused for no other's sake.
    pub(super) async fn commit(self, commits: Vec<Commit>) -> Vec<Committed> {
        let all: Vec<&(ChangeRows, Signal)> = commits.iter().flatten().collect();
        match self.try_commit(&all).await {
            Ok(applied) => split(&commits, applied),
            Err(error) if commits.len() > 1 && is_refusal(&error) => {
                let mut done = Vec::with_capacity(commits.len());
                for commit in &commits {
                    let one: Vec<_> = commit.iter().collect();
                    let applied = self.try_commit(&one).await;
                    done.push(applied.map_err(|error| Fault::from(error).0));
                }
                done
            }
            Err(error) => shared(Fault::from(error).0, commits.len()).map(Err).collect(),
        }
    }

    async fn try_commit(
        &self,
        changes: &[&(ChangeRows, Signal)],
    ) -> Result<Vec<Result<(), Conflict>>, DieselError> {
        if changes.is_empty() {
            return Ok(Vec::new());
        }
        let rows: Vec<_> = changes.iter().map(|(rows, _)| rows).collect();
        let applied = self.database.run(async |conn| commit(conn, &rows).await).await?;
        for ((_, signal), applied) in changes.iter().zip(&applied) {
            applied.iter().for_each(|()| self.wake.tell(*signal));
        }
        Ok(applied)
    }
}

fn split(commits: &[Commit], applied: Vec<Result<(), Conflict>>) -> Vec<Committed> {
    let mut applied = applied.into_iter();
    commits.iter().map(|commit| Ok(applied.by_ref().take(commit.len()).collect())).collect()
}

/// Whether the server looked at it and said no: then nothing was done, and parts of it may be
/// tried again. Whoever got no answer does not know what was done.
pub(super) const fn is_refusal(error: &DieselError) -> bool {
    use DatabaseErrorKind::{ClosedConnection, UnableToSendCommand};
    let DieselError::DatabaseError(kind, _) = error else { return false };
    !matches!(kind, UnableToSendCommand | ClosedConnection)
}

/// One statement is a transaction by itself.
async fn commit(
    conn: &mut AsyncPgConnection,
    changes: &[&ChangeRows],
) -> Result<Vec<Result<(), Conflict>>, DieselError> {
    let rounds = rounds(changes);
    if rounds.len() == 1 {
        return apply_rounds(conn, changes, &rounds).await;
    }
    conn.transaction(async |conn| apply_rounds(conn, changes, &rounds).await).await
}

async fn apply_rounds(
    conn: &mut AsyncPgConnection,
    changes: &[&ChangeRows],
    rounds: &[Vec<usize>],
) -> Result<Vec<Result<(), Conflict>>, DieselError> {
    let mut results = vec![Err(Conflict); changes.len()];
    for round in rounds {
        let changes_of_round: Vec<_> = round.iter().map(|at| changes[*at]).collect();
        let changed = apply(conn, &changes_of_round).await?;
        for at in round.iter().filter(|at| changed.contains(&changes[**at].id)) {
            results[*at] = Ok(());
        }
    }
    Ok(results)
}
