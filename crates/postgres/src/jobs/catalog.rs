use async_trait::async_trait;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use tapedeck_domain::job::Backtest;
use tapedeck_domain::port::{JobCatalog, JobFilter, Page, StorageError};
use tapedeck_sql::job::of_kind;
use tapedeck_sql::schema::{backtest_tags, backtests};

use super::{PostgresJobs, decode};
use crate::fault::Fault;

type Query<'a> = backtests::BoxedQuery<'a, Pg>;

#[async_trait]
impl JobCatalog for PostgresJobs {
    async fn list(&self, filter: JobFilter, page: Page) -> Result<Vec<Backtest>, StorageError> {
        let mut query = matching(backtests::table.into_boxed(), &filter);
        if let Some(after) = page.after {
            query = query.filter(backtests::id.lt(after.to_string()));
        }
        let limit = i64::try_from(page.limit).unwrap_or(i64::MAX);
        let query = query.order(backtests::id.desc()).limit(limit);
        let rows = self.database.run(async |conn| query.load(conn).await);
        decode(rows.await.map_err(Fault::from)?)
    }

    async fn count(&self, filter: JobFilter) -> Result<u64, StorageError> {
        let query = matching(backtests::table.into_boxed(), &filter).count();
        let count = self.database.run(async |conn| query.get_result(conn).await);
        let count: i64 = count.await.map_err(Fault::from)?;
        Ok(u64::try_from(count).unwrap_or(0))
    }
}

/// Ids are UUIDv7, so their order is that of submission.
fn matching<'a>(mut query: Query<'a>, filter: &JobFilter) -> Query<'a> {
    if let Some(kind) = filter.kind {
        query = query.filter(of_kind(kind));
    }
    if let Some(status) = filter.status {
        query = query.filter(backtests::status.eq(status.as_str()));
    }
    if let Some(id) = &filter.dataset_id {
        query = query.filter(backtests::dataset_id.eq(id.to_string()));
    }
    if let Some(symbol) = &filter.symbol {
        query = query.filter(backtests::symbol.eq(symbol.as_str().to_owned()));
    }
    if let Some(id) = &filter.strategy_id {
        query = query.filter(backtests::strategy_id.eq(id.to_string()));
    }
    if let Some(tag) = &filter.tag {
        let tagged = backtest_tags::table
            .filter(backtest_tags::tag.eq(tag.as_str().to_owned()))
            .select(backtest_tags::backtest_id);
        query = query.filter(backtests::id.eq_any(tagged));
    }
    if let Some(after) = filter.created_after {
        query = query.filter(backtests::created_at.gt(after.as_nanos()));
    }
    if let Some(before) = filter.created_before {
        query = query.filter(backtests::created_at.lt(before.as_nanos()));
    }
    query
}
