use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl};
use tapedeck_domain::id::LeaseId;
use tapedeck_domain::job::{Backtest, JobEvent, Lease, Status, transition};
use tapedeck_domain::port::{JobQueue, Leased, StorageError};
use tapedeck_domain::time::Timestamp;
use tapedeck_sql::job::JobRow;
use tapedeck_sql::schema::backtests;

use super::{PostgresJobs, append, decode, write};
use crate::fault::Fault;

#[async_trait]
impl JobQueue for PostgresJobs {
    async fn claim(
        &self,
        leases: Vec<Lease>,
        now: Timestamp,
    ) -> Result<Vec<Backtest>, StorageError> {
        let mut conn = self.connection().await?;
        let conn: &mut AsyncPgConnection = &mut conn;
        let work = conn.transaction(async |conn| claim(conn, &leases, now).await);
        let claimed = self.database.limited(work).await?;
        claimed.iter().for_each(|job| self.feed.changed(job.id));
        Ok(claimed)
    }

    async fn renew(&self, leases: Vec<LeaseId>) -> Result<Vec<LeaseId>, StorageError> {
        let mut conn = self.connection().await?;
        let conn: &mut AsyncPgConnection = &mut conn;
        let work = conn.transaction(async |conn| renew(conn, &leases).await);
        Ok(self.database.limited(work).await?)
    }

    async fn leased(&self) -> Result<Vec<Leased>, StorageError> {
        let query = backtests::table.filter(backtests::lease_id.is_not_null());
        let mut conn = self.connection().await?;
        let rows: Vec<JobRow> =
            self.database.limited(query.load(&mut *conn)).await.map_err(Fault::from)?;
        rows.iter().filter_map(|row| row.leased().transpose()).collect()
    }
}

/// Rows that another claim holds are passed over, so claims never wait for each other.
async fn claim(
    conn: &mut AsyncPgConnection,
    leases: &[Lease],
    now: Timestamp,
) -> Result<Vec<Backtest>, Fault> {
    let rows: Vec<JobRow> = backtests::table
        .filter(backtests::status.eq(Status::Queued.as_str()))
        .order((backtests::priority, backtests::id))
        .limit(i64::try_from(leases.len()).unwrap_or(i64::MAX))
        .for_update()
        .skip_locked()
        .load(conn)
        .await?;
    let (mut claimed, mut changes) = (Vec::new(), Vec::new());
    for (job, lease) in decode(rows)?.into_iter().zip(leases) {
        let Ok(change) = transition(&job, JobEvent::Claim(*lease), now) else { continue };
        let Ok(next) = job.apply(&change) else { continue };
        write(conn, &next).await?;
        claimed.push(next);
        changes.push(change);
    }
    append(conn, changes.iter()).await?;
    Ok(claimed)
}

/// Locks in the order of the ids, as commits do, before it updates.
async fn renew(conn: &mut AsyncPgConnection, leases: &[LeaseId]) -> Result<Vec<LeaseId>, Fault> {
    let wanted = leases.iter().map(ToString::to_string);
    let held: Vec<(String, Option<String>)> = backtests::table
        .filter(backtests::lease_id.eq_any(wanted))
        .order(backtests::id)
        .select((backtests::id, backtests::lease_id))
        .for_update()
        .load(conn)
        .await?;
    let (ids, held): (Vec<_>, Vec<_>) = held.into_iter().unzip();
    let renewed = backtests::renewals.eq(backtests::renewals + 1);
    let rows = backtests::table.filter(backtests::id.eq_any(ids));
    diesel::update(rows).set(renewed).execute(conn).await?;
    let is_held = |lease: &&LeaseId| held.contains(&Some(lease.to_string()));
    Ok(leases.iter().filter(is_held).copied().collect())
}
