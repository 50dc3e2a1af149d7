use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use tapedeck_domain::id::LeaseId;
use tapedeck_domain::job::{Backtest, JobEvent, Lease, Status, transition};
use tapedeck_domain::port::{JobQueue, Leased, StorageError};
use tapedeck_domain::time::Timestamp;
use tapedeck_sql::job::JobRow;
use tapedeck_sql::schema::backtests;

use super::{SqliteJobs, apply};
use crate::fault::Fault;

#[async_trait]
impl JobQueue for SqliteJobs {
    async fn claim(
        &self,
        leases: Vec<Lease>,
        now: Timestamp,
    ) -> Result<Vec<Backtest>, StorageError> {
        let claimed = self.database.write(move |conn| claim(conn, &leases, now)).await?;
        claimed.iter().for_each(|job| self.feed.changed(job.id));
        Ok(claimed)
    }

    async fn renew(&self, leases: Vec<LeaseId>) -> Result<Vec<LeaseId>, StorageError> {
        let renew = move |conn: &mut SqliteConnection| -> Result<Vec<LeaseId>, Fault> {
            let mut held = Vec::new();
            for lease in leases {
                let row = backtests::table.filter(backtests::lease_id.eq(lease.to_string()));
                let renewed = backtests::renewals.eq(backtests::renewals + 1);
                if diesel::update(row).set(renewed).execute(conn)? > 0 {
                    held.push(lease);
                }
            }
            Ok(held)
        };
        Ok(self.database.write(renew).await?)
    }

    async fn leased(&self) -> Result<Vec<Leased>, StorageError> {
        let leased = |conn: &mut SqliteConnection| -> Result<Vec<Leased>, Fault> {
            let query = backtests::table.filter(backtests::lease_id.is_not_null());
            let rows: Vec<JobRow> = query.load(conn)?;
            let leased = rows.iter().filter_map(|row| row.leased().transpose());
            Ok(leased.collect::<Result<_, _>>()?)
        };
        Ok(self.database.read(leased).await?)
    }
}

fn claim(
    conn: &mut SqliteConnection,
    leases: &[Lease],
    now: Timestamp,
) -> Result<Vec<Backtest>, Fault> {
    let rows: Vec<JobRow> = backtests::table
        .filter(backtests::status.eq(Status::Queued.as_str()))
        .order((backtests::priority, backtests::id))
        .limit(i64::try_from(leases.len()).unwrap_or(i64::MAX))
        .load(conn)?;
    let mut claimed = Vec::new();
    for (row, lease) in rows.into_iter().zip(leases) {
        let job = Backtest::try_from(row)?;
        let Ok(change) = transition(&job, JobEvent::Claim(*lease), now) else { continue };
        if let (Ok(_), Ok(next)) = (apply(conn, &change)?, job.apply(&change)) {
            claimed.push(next);
        }
    }
    Ok(claimed)
}
