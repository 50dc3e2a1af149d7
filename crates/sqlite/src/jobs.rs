//! Jobs: submitted, changed, claimed and listed.

mod catalog;
mod control;
mod feed;
mod queue;
mod retention;
mod store;

use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use tapedeck_domain::audit::AuditEntry;
use tapedeck_domain::job::{Backtest, Conflict, JobChange, Status};
use tapedeck_domain::port::StorageError;
use tapedeck_sql::LocalFeed;
use tapedeck_sql::audit::NewAuditRow;
use tapedeck_sql::job::{EventRow, JobRow, JobUpdate, PlaceUpdate};
use tapedeck_sql::schema::{audit_entries, backtest_events, backtests, queue_places};

use crate::Database;
use crate::fault::Fault;

/// Jobs in the embedded database.
pub struct SqliteJobs {
    database: Database,
    feed: LocalFeed,
}

impl SqliteJobs {
    /// In `database`.
    pub fn new(database: Database) -> Self {
        Self { database, feed: LocalFeed::default() }
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
    let Some(job) = load(conn, &change.id.to_string())? else { return Ok(Err(Conflict)) };
    let Ok(next) = job.apply(change) else { return Ok(Err(Conflict)) };
    write(conn, &next)?;
    let rows = change.log.iter().map(|event| EventRow::new(change.id, event));
    let rows = rows.collect::<Result<Vec<_>, StorageError>>()?;
    diesel::insert_into(backtest_events::table).values(rows).execute(conn)?;
    audit(conn, change.audit.iter())?;
    Ok(Ok(next.state.status()))
}

fn write(conn: &mut SqliteConnection, next: &Backtest) -> Result<(), Fault> {
    let row = backtests::table.find(next.id.to_string());
    diesel::update(row.clone()).set(JobUpdate::to(next)?).execute(conn)?;
    place(conn, next)?;
    if next.dedupe_key().is_none() {
        diesel::update(row).set(backtests::dedupe_key.eq(None::<String>)).execute(conn)?;
    }
    Ok(())
}

/// Writes when a job may be started and when it ended.
fn place(conn: &mut SqliteConnection, job: &Backtest) -> Result<(), Fault> {
    let row = queue_places::table.find(job.id.to_string());
    diesel::update(row).set(PlaceUpdate::of(job)).execute(conn)?;
    Ok(())
}

fn audit<'a>(
    conn: &mut SqliteConnection,
    entries: impl Iterator<Item = &'a AuditEntry>,
) -> Result<(), Fault> {
    let rows: Vec<_> = entries.map(NewAuditRow::from).collect();
    diesel::insert_into(audit_entries::table).values(rows).execute(conn)?;
    Ok(())
}
