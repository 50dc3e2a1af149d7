use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use tapedeck_domain::job::{Backtest, Status};
use tapedeck_domain::port::{RetentionRule, RetentionStore, StorageError};
use tapedeck_domain::time::Timestamp;
use tapedeck_sql::retention::{End, ended_before};
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
                .filter(ended_before(end.moment, &end.id))
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
                .filter(ended_before(end.moment, &end.id));
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

/// Before which jobs must have ended to have expired; `None` when none has.
fn end(conn: &mut SqliteConnection, rule: RetentionRule) -> Result<Option<End>, Fault> {
    if !rule.status.is_terminal() {
        return Ok(None);
    }
    adopt(conn, rule.status)?;
    let by_age = rule.ended_before.map(End::at);
    let by_count = match rule.keep_latest {
        Some(0) => Some(End::of_all()),
        Some(keep) => oldest_kept(conn, rule.status, keep)?,
        None => None,
    };
    Ok(by_age.into_iter().chain(by_count).max())
}

/// The end of the oldest of the so many that ended latest; `None` when there are not so many.
fn oldest_kept(
    conn: &mut SqliteConnection,
    status: Status,
    keep: u64,
) -> Result<Option<End>, Fault> {
    let latest = queue_places::table
        .filter(queue_places::status.eq(status.as_str()))
        .order((queue_places::finished_at.desc(), queue_places::id.desc()))
        .offset(i64::try_from(keep - 1).unwrap_or(i64::MAX))
        .select((queue_places::finished_at.assume_not_null(), queue_places::id));
    let oldest: Option<(i64, String)> = latest.first(conn).optional()?;
    Ok(oldest.map(|(moment, id)| End { moment, id }))
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
