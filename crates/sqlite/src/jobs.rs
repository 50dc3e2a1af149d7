//! Jobs: submitted, changed, claimed and listed.

mod audit;
mod catalog;
mod chain;
mod control;
mod feed;
mod overrides;
mod queue;
mod retention;
mod store;
mod submit;
mod write;

use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use tapedeck_domain::audit::AuditEntry;
use tapedeck_domain::job::{Backtest, Conflict, JobChange, Status};
use tapedeck_domain::port::{NewJob, SubmitError, Submitted};
use tapedeck_sql::audit::NewAuditRow;
use tapedeck_sql::change::ChangeRows;
use tapedeck_sql::job::JobRow;
use tapedeck_sql::schema::{audit_entries, backtest_events, backtests, queue_places};
use tapedeck_sql::{Group, LocalFeed};

use self::write::{Commit, Committed, Writer};
use crate::Database;
use crate::fault::Fault;

/// Jobs in the embedded database.
pub struct SqliteJobs {
    database: Database,
    feed: LocalFeed,
    submissions: Group<NewJob, Result<Submitted, SubmitError>>,
    commits: Group<Commit, Committed>,
}

impl SqliteJobs {
    /// In `database`. To be called on a runtime: tasks of it write for all callers at once.
    pub fn new(database: Database) -> Self {
        let feed = LocalFeed::default();
        let writer = Writer { database: database.clone(), feed: feed.clone() };
        let submitter = writer.clone();
        let submissions = Group::new(move |new| submitter.clone().submit(new));
        let commits = Group::new(move |commits| writer.clone().commit(commits));
        Self { database, feed, submissions, commits }
    }
}

fn load(conn: &mut SqliteConnection, id: &str) -> Result<Option<Backtest>, Fault> {
    let row: Option<JobRow> = backtests::table.find(id).first(conn).optional()?;
    Ok(row.map(Backtest::try_from).transpose()?)
}

/// Applies one change inside the caller's transaction.
fn apply(
    conn: &mut SqliteConnection,
    change: &JobChange,
) -> Result<Result<Status, Conflict>, Fault> {
    let applied = apply_rows(conn, &ChangeRows::try_from(change)?)?;
    Ok(applied.map(|()| change.next.status()))
}

/// The same, written down before.
fn apply_rows(
    conn: &mut SqliteConnection,
    change: &ChangeRows,
) -> Result<Result<(), Conflict>, Fault> {
    let row = backtests::table.find(&change.id);
    let current = row.filter(backtests::revision.eq(change.expected));
    let changed = match &change.fence {
        None => diesel::update(current).set(&change.update).execute(conn)?,
        Some(fence) => {
            let held = current.filter(backtests::lease_id.eq(fence));
            diesel::update(held).set(&change.update).execute(conn)?
        }
    };
    if changed == 0 {
        return Ok(Err(Conflict));
    }
    diesel::update(queue_places::table.find(&change.id)).set(&change.place).execute(conn)?;
    if !change.is_shared {
        let key = backtests::dedupe_key.eq(None::<String>);
        diesel::update(backtests::table.find(&change.id)).set(key).execute(conn)?;
    }
    diesel::insert_into(backtest_events::table).values(&change.events).execute(conn)?;
    diesel::insert_into(audit_entries::table).values(&change.audit).execute(conn)?;
    Ok(Ok(()))
}

/// Adds entries to the audit trail.
pub(crate) fn audit<'a>(
    conn: &mut SqliteConnection,
    entries: impl Iterator<Item = &'a AuditEntry>,
) -> Result<(), Fault> {
    let rows: Vec<_> = entries.map(NewAuditRow::from).collect();
    diesel::insert_into(audit_entries::table).values(rows).execute(conn)?;
    Ok(())
}
