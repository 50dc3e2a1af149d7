use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use tapedeck_domain::job::{Backtest, Status};
use tapedeck_domain::port::{RetentionRule, RetentionStore, StorageError};
use tapedeck_domain::time::Timestamp;
use tapedeck_sql::schema::{idempotency_keys, queue_places};

use super::{SqliteJobs, load};
use crate::fault::Fault;

#[async_trait]
impl RetentionStore for SqliteJobs {
    async fn expired(
        &self,
        rule: RetentionRule,
        limit: usize,
    ) -> Result<Vec<Backtest>, StorageError> {
        let expired = move |conn: &mut SqliteConnection| -> Result<Vec<Backtest>, Fault> {
            let Some(end) = end(conn, rule)? else { return Ok(Vec::new()) };
            let ids: Vec<String> = queue_places::table
                .filter(queue_places::status.eq(rule.status.as_str()))
                .filter(queue_places::finished_at.lt(end))
                .order((queue_places::finished_at, queue_places::id))
                .limit(i64::try_from(limit).unwrap_or(i64::MAX))
                .select(queue_places::id)
                .load(conn)?;
            let mut jobs = Vec::with_capacity(ids.len());
            for id in ids {
                jobs.extend(load(conn, &id)?);
            }
            Ok(jobs)
        };
        Ok(self.database.write(expired).await?)
    }

    async fn count_expired(&self, rule: RetentionRule) -> Result<u64, StorageError> {
        let count = move |conn: &mut SqliteConnection| -> Result<i64, Fault> {
            let Some(end) = end(conn, rule)? else { return Ok(0) };
            let expired = queue_places::table
                .filter(queue_places::status.eq(rule.status.as_str()))
                .filter(queue_places::finished_at.lt(end));
            Ok(expired.count().get_result(conn)?)
        };
        Ok(u64::try_from(self.database.write(count).await?).unwrap_or(0))
    }

    async fn count_keys(&self, moment: Timestamp) -> Result<u64, StorageError> {
        let count = move |conn: &mut SqliteConnection| -> Result<i64, Fault> {
            let old =
                idempotency_keys::table.filter(idempotency_keys::created_at.lt(moment.as_nanos()));
            Ok(old.count().get_result(conn)?)
        };
        Ok(u64::try_from(self.database.read(count).await?).unwrap_or(0))
    }

    async fn forget_keys(&self, moment: Timestamp) -> Result<u64, StorageError> {
        let forget = move |conn: &mut SqliteConnection| -> Result<usize, Fault> {
            let old =
                idempotency_keys::table.filter(idempotency_keys::created_at.lt(moment.as_nanos()));
            Ok(diesel::delete(old).execute(conn)?)
        };
        Ok(self.database.write(forget).await? as u64)
    }
}

/// The moment before which jobs must have ended to have expired; `None` when none has.
fn end(conn: &mut SqliteConnection, rule: RetentionRule) -> Result<Option<i64>, Fault> {
    adopt(conn, rule.status)?;
    let by_age = rule.ended_before.map(Timestamp::as_nanos);
    let by_count = rule.keep_latest.map(|keep| oldest_kept(conn, rule.status, keep)).transpose()?;
    Ok(by_age.into_iter().chain(by_count.flatten()).max())
}

/// When the oldest of the so many that ended latest did; `None` when there are not more.
fn oldest_kept(
    conn: &mut SqliteConnection,
    status: Status,
    keep: u64,
) -> Result<Option<i64>, Fault> {
    if keep == 0 {
        return Ok(Some(i64::MAX));
    }
    let latest = queue_places::table
        .filter(queue_places::status.eq(status.as_str()))
        .order((queue_places::finished_at.desc(), queue_places::id.desc()))
        .offset(i64::try_from(keep - 1).unwrap_or(i64::MAX))
        .select(queue_places::finished_at);
    Ok(latest.first(conn).optional()?.flatten())
}

/// A build that does not know the column leaves it empty.
fn adopt(conn: &mut SqliteConnection, status: Status) -> Result<(), Fault> {
    let unknown = queue_places::table
        .filter(queue_places::status.eq(status.as_str()))
        .filter(queue_places::finished_at.is_null());
    diesel::update(unknown)
        .set(queue_places::finished_at.eq(queue_places::created_at.nullable()))
        .execute(conn)?;
    Ok(())
}
