//! Jobs: submitted, changed, claimed and listed.

mod catalog;
mod control;
mod feed;
mod queue;
mod retention;
mod store;
mod submit;

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use tapedeck_domain::audit::AuditEntry;
use tapedeck_domain::job::{Backtest, JobChange};
use tapedeck_domain::port::StorageError;
use tapedeck_sql::audit::NewAuditRow;
use tapedeck_sql::job::{EventRow, JobRow, JobUpdate, PlaceUpdate};
use tapedeck_sql::schema::{audit_entries, backtest_events, backtests, queue_places};
use uuid::Uuid;

use crate::Database;
use crate::fault::Fault;
use crate::wake::{self, Ear, Wake};

/// Jobs in a database on a server.
pub struct PostgresJobs {
    database: Database,
    wake: Wake,
    ear: Ear,
}

impl PostgresJobs {
    /// In `database`, which is told apart from others that are open on the same one by
    /// `process`. To be called on a runtime: tasks of it listen for changes of others.
    pub fn new(database: Database, process: Uuid) -> Self {
        let (wake, ear) = wake::start(&database, process);
        Self { database, wake, ear }
    }
}

async fn load(conn: &mut AsyncPgConnection, id: &str) -> Result<Option<Backtest>, Fault> {
    let row: Option<JobRow> = backtests::table.find(id).first(conn).await.optional()?;
    Ok(row.map(Backtest::try_from).transpose()?)
}

fn decode(rows: Vec<JobRow>) -> Result<Vec<Backtest>, StorageError> {
    rows.into_iter().map(Backtest::try_from).collect()
}

/// Writes the state of a job whose row is locked.
async fn write(conn: &mut AsyncPgConnection, next: &Backtest) -> Result<(), Fault> {
    let row = backtests::table.find(next.id.to_string());
    let update = JobUpdate::to(next)?;
    place(conn, next).await?;
    if next.dedupe_key().is_some() {
        diesel::update(row).set(update).execute(conn).await?;
        return Ok(());
    }
    let update = (update, backtests::dedupe_key.eq(None::<String>));
    diesel::update(row).set(update).execute(conn).await?;
    Ok(())
}

/// Writes when a job may be started and when it ended.
async fn place(conn: &mut AsyncPgConnection, job: &Backtest) -> Result<(), Fault> {
    let row = queue_places::table.find(job.id.to_string());
    diesel::update(row).set(PlaceUpdate::of(job)).execute(conn).await?;
    Ok(())
}

/// Adds entries to the audit trail.
async fn audit<'a>(
    conn: &mut AsyncPgConnection,
    entries: impl Iterator<Item = &'a AuditEntry>,
) -> Result<(), Fault> {
    let rows: Vec<_> = entries.map(NewAuditRow::from).collect();
    if !rows.is_empty() {
        diesel::insert_into(audit_entries::table).values(rows).execute(conn).await?;
    }
    Ok(())
}

/// Rows of one statement: each has four values, and a statement takes 65,535 of them.
const EVENT_ROWS: usize = 10_000;

/// Adds what the changes add to the logs.
async fn append<'a>(
    conn: &mut AsyncPgConnection,
    changes: impl Iterator<Item = &'a JobChange>,
) -> Result<(), Fault> {
    let changes: Vec<_> = changes.collect();
    audit(conn, changes.iter().flat_map(|change| &change.audit)).await?;
    let rows = changes
        .into_iter()
        .flat_map(|change| change.log.iter().map(|event| EventRow::new(change.id, event)))
        .collect::<Result<Vec<_>, StorageError>>()?;
    for rows in rows.chunks(EVENT_ROWS) {
        diesel::insert_into(backtest_events::table).values(rows).execute(conn).await?;
    }
    Ok(())
}
