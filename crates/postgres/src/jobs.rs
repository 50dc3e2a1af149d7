//! Jobs: submitted, changed, claimed and listed.

mod audit;
mod catalog;
mod chain;
mod change;
mod commit;
mod control;
mod feed;
mod insert;
mod insert_one;
mod length;
mod overrides;
mod queue;
mod retention;
mod store;
mod submit;
mod submitter;

use std::sync::Arc;

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use tapedeck_domain::audit::AuditEntry;
use tapedeck_domain::job::Backtest;
use tapedeck_domain::port::StorageError;
use tapedeck_sql::Group;
use tapedeck_sql::audit::NewAuditRow;
use tapedeck_sql::job::JobRow;
use tapedeck_sql::schema::{audit_entries, backtests};
use uuid::Uuid;

use self::commit::{Commit, Committed, Committer};
use self::submitter::{Attempt, Submission, Submitter};
use crate::Database;
use crate::fault::Fault;
use crate::wake::{self, Ear, Wake};

/// Jobs in a database on a server.
pub struct PostgresJobs {
    database: Database,
    wake: Wake,
    ear: Ear,
    submissions: Group<Submission, Result<Attempt, StorageError>>,
    commits: Group<Commit, Committed>,
}

impl PostgresJobs {
    /// In `database`, which is told apart from others that are open on the same one by
    /// `process`. To be called on a runtime: tasks of it listen for changes of others.
    pub fn new(database: Database, process: Uuid) -> Self {
        let (wake, ear) = wake::start(&database, process);
        let submitter = Arc::new(Submitter::new(database.clone(), wake.clone()));
        let submissions = Group::new(move |new| submitter.clone().submit(new));
        let committer = Committer { database: database.clone(), wake: wake.clone() };
        let commits = Group::new(move |commits| committer.clone().commit(commits));
        Self { database, wake, ear, submissions, commits }
    }
}

async fn load(conn: &mut AsyncPgConnection, id: &str) -> Result<Option<Backtest>, Fault> {
    let row: Option<JobRow> = backtests::table.find(id).first(conn).await.optional()?;
    Ok(row.map(Backtest::try_from).transpose()?)
}

fn decode(rows: Vec<JobRow>) -> Result<Vec<Backtest>, StorageError> {
    rows.into_iter().map(Backtest::try_from).collect()
}

/// Adds entries to the audit trail.
pub(crate) async fn audit<'a>(
    conn: &mut AsyncPgConnection,
    entries: impl Iterator<Item = &'a AuditEntry>,
) -> Result<(), Fault> {
    let rows: Vec<_> = entries.map(NewAuditRow::from).collect();
    if !rows.is_empty() {
        diesel::insert_into(audit_entries::table).values(rows).execute(conn).await?;
    }
    Ok(())
}
