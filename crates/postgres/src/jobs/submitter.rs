//! Submissions of several callers at once.

use std::collections::BTreeSet;
use std::sync::Arc;

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::result::Error as DieselError;
use diesel::sql_types::Bool;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use tapedeck_domain::id::BacktestId;
use tapedeck_domain::job::Status;
use tapedeck_domain::port::{Signal, StorageError};
use tapedeck_sql::group::shared;
use tapedeck_sql::schema::backtests;
use tapedeck_sql::submission::NewRows;
use tokio::sync::Mutex;

use super::commit::is_refusal;
use super::insert::insert;
use super::length::Length;
use super::submit::HEADROOM;
use crate::Database;
use crate::fault::Fault;
use crate::wake::Wake;

/// A submission, written down before it waits for others.
pub(super) struct Submission {
    pub(super) id: BacktestId,
    pub(super) rows: Arc<NewRows>,
    pub(super) queue_limit: u64,
}

/// What became of a submission.
pub(super) enum Attempt {
    /// The job was added.
    Added,
    /// Something stands against it, or the queue may be nearly full: to be looked at by itself.
    Undecided,
}

/// Adds new jobs for all callers.
pub(super) struct Submitter {
    database: Database,
    wake: Wake,
    length: Mutex<Length>,
}

impl Submitter {
    pub(super) fn new(database: Database, wake: Wake) -> Self {
        Self { database, wake, length: Mutex::default() }
    }

    /// All in one statement, where nothing stands against it.
    pub(super) async fn submit(
        self: Arc<Self>,
        new: Vec<Submission>,
    ) -> Vec<Result<Attempt, StorageError>> {
        match self.try_submit(&new).await {
            Ok(added) => new.iter().map(|new| Ok(attempt(&added, new))).collect(),
            Err(error) if is_refusal(&error) => {
                new.iter().map(|_| Ok(Attempt::Undecided)).collect()
            }
            Err(error) => shared(Fault::from(error).0, new.len()).map(Err).collect(),
        }
    }

    async fn try_submit(&self, new: &[Submission]) -> Result<BTreeSet<String>, DieselError> {
        let mut length = self.length.lock().await;
        if length.is_stale() {
            length.set(self.database.run(count_queued).await?);
        }
        let limit = new.iter().map(|new| new.queue_limit).min().unwrap_or(0);
        if !length.is_far_from(limit, new.len() as u64, HEADROOM) {
            return Ok(BTreeSet::new());
        }
        let first = first_of_each_key(new);
        let added = self.database.run(async |conn| insert(conn, &first).await).await?;
        length.add(added.len() as u64);
        for new in new.iter().filter(|new| added.contains(&new.rows.job.id)) {
            self.wake.tell(Signal::Changed(new.id, Status::Queued));
        }
        Ok(added)
    }
}

fn attempt(added: &BTreeSet<String>, new: &Submission) -> Attempt {
    if added.contains(&new.rows.job.id) { Attempt::Added } else { Attempt::Undecided }
}

/// Of requests with one idempotency key, the first: the others will find what became of it.
fn first_of_each_key(new: &[Submission]) -> Vec<&NewRows> {
    let mut keys = BTreeSet::new();
    let rows = new.iter().map(|new| &*new.rows);
    let is_first = |rows: &&NewRows| {
        rows.key.as_ref().is_none_or(|key| keys.insert((key.scope.clone(), key.key.clone())))
    };
    rows.filter(is_first).collect()
}

/// The condition is spelt as that of the index is.
pub(super) async fn count_queued(conn: &mut AsyncPgConnection) -> Result<u64, DieselError> {
    let queued = backtests::table.filter(sql::<Bool>("status = 'queued'"));
    let count: i64 = queued.count().get_result(conn).await?;
    Ok(u64::try_from(count).unwrap_or(0))
}
