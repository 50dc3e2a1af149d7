use std::collections::BTreeMap;

use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use tapedeck_domain::job::{Backtest, Status};
use tapedeck_domain::port::{RetentionRule, RetentionStore, StorageError};
use tapedeck_domain::time::Timestamp;
use tapedeck_sql::job::JobRow;
use tapedeck_sql::retention::{End, ended_before};
use tapedeck_sql::schema::{backtests, idempotency_keys, queue_places};

use super::{PostgresJobs, decode};
use crate::fault::Fault;

#[async_trait]
impl RetentionStore for PostgresJobs {
    async fn expired(
        &self,
        rule: RetentionRule,
        limit: usize,
    ) -> Result<Vec<Backtest>, StorageError> {
        let expired = async |conn: &mut AsyncPgConnection| {
            let Some(end) = end(conn, rule).await? else { return Ok(Vec::new()) };
            let ids: Vec<String> = queue_places::table
                .filter(queue_places::status.eq(rule.status.as_str()))
                .filter(ended_before(end.moment, &end.id))
                .order((queue_places::finished_at, queue_places::id))
                .limit(i64::try_from(limit).unwrap_or(i64::MAX))
                .select(queue_places::id)
                .load(conn)
                .await?;
            let rows: Vec<JobRow> =
                backtests::table.filter(backtests::id.eq_any(&ids)).load(conn).await?;
            let mut jobs: BTreeMap<_, _> =
                decode(rows)?.into_iter().map(|job| (job.id.to_string(), job)).collect();
            Ok::<_, Fault>(ids.iter().filter_map(|id| jobs.remove(id)).collect())
        };
        Ok(self.database.run(expired).await?)
    }

    async fn count_expired(&self, rule: RetentionRule) -> Result<u64, StorageError> {
        let count = async |conn: &mut AsyncPgConnection| {
            let Some(end) = end(conn, rule).await? else { return Ok(0) };
            let expired = queue_places::table
                .filter(queue_places::status.eq(rule.status.as_str()))
                .filter(ended_before(end.moment, &end.id));
            Ok::<i64, Fault>(expired.count().get_result(conn).await?)
        };
        Ok(u64::try_from(self.database.run(count).await?).unwrap_or(0))
    }

    async fn count_keys(&self, moment: Timestamp) -> Result<u64, StorageError> {
        let old =
            idempotency_keys::table.filter(idempotency_keys::created_at.lt(moment.as_nanos()));
        let count = self.database.run(async |conn| old.count().get_result(conn).await);
        let count: i64 = count.await.map_err(Fault::from)?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    async fn forget_keys(&self, moment: Timestamp) -> Result<u64, StorageError> {
        let old =
            idempotency_keys::table.filter(idempotency_keys::created_at.lt(moment.as_nanos()));
        let forget = self.database.run(async |conn| diesel::delete(old).execute(conn).await);
        Ok(forget.await.map_err(Fault::from)? as u64)
    }
}

/// Before which jobs must have ended to have expired; `None` when none has.
async fn end(conn: &mut AsyncPgConnection, rule: RetentionRule) -> Result<Option<End>, Fault> {
    if !rule.status.is_terminal() {
        return Ok(None);
    }
    adopt(conn, rule.status).await?;
    let by_age = rule.ended_before.map(End::at);
    let by_count = match rule.keep_latest {
        Some(0) => Some(End::of_all()),
        Some(keep) => oldest_kept(conn, rule.status, keep).await?,
        None => None,
    };
    Ok(by_age.into_iter().chain(by_count).max())
}

/// The end of the oldest of the so many that ended latest; `None` when there are not so many.
async fn oldest_kept(
    conn: &mut AsyncPgConnection,
    status: Status,
    keep: u64,
) -> Result<Option<End>, Fault> {
    let latest = queue_places::table
        .filter(queue_places::status.eq(status.as_str()))
        .order((queue_places::finished_at.desc(), queue_places::id.desc()))
        .offset(i64::try_from(keep - 1).unwrap_or(i64::MAX))
        .select((queue_places::finished_at.assume_not_null(), queue_places::id));
    let oldest: Option<(i64, String)> = latest.first(conn).await.optional()?;
    Ok(oldest.map(|(moment, id)| End { moment, id }))
}

/// A build that does not know the column leaves it empty.
async fn adopt(conn: &mut AsyncPgConnection, status: Status) -> Result<(), Fault> {
    let unknown = queue_places::table
        .filter(queue_places::status.eq(status.as_str()))
        .filter(queue_places::finished_at.is_null());
    diesel::update(unknown)
        .set(queue_places::finished_at.eq(queue_places::created_at.nullable()))
        .execute(conn)
        .await?;
    Ok(())
}
