use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sqlite::{Sqlite, SqliteConnection};
use tapedeck_domain::job::Backtest;
use tapedeck_domain::port::{JobCatalog, JobFilter, Page, StorageError};
use tapedeck_sql::job::{JobRow, of_kind};
use tapedeck_sql::schema::{backtest_tags, backtests};

use super::SqliteJobs;
use crate::fault::Fault;

type Query<'a> = backtests::BoxedQuery<'a, Sqlite>;

#[async_trait]
impl JobCatalog for SqliteJobs {
    async fn list(&self, filter: JobFilter, page: Page) -> Result<Vec<Backtest>, StorageError> {
        let list = move |conn: &mut SqliteConnection| -> Result<Vec<Backtest>, Fault> {
            let mut query = matching(backtests::table.into_boxed(), &filter);
            if let Some(after) = page.after {
                query = query.filter(backtests::id.lt(after.to_string()));
            }
            let limit = i64::try_from(page.limit).unwrap_or(i64::MAX);
            let rows: Vec<JobRow> = query.order(backtests::id.desc()).limit(limit).load(conn)?;
            Ok(rows.into_iter().map(Backtest::try_from).collect::<Result<_, _>>()?)
        };
        Ok(self.database.read(list).await?)
    }

    async fn count(&self, filter: JobFilter) -> Result<u64, StorageError> {
        let count = move |conn: &mut SqliteConnection| -> Result<i64, Fault> {
            let query = matching(backtests::table.into_boxed(), &filter);
            Ok(query.count().get_result(conn)?)
        };
        Ok(u64::try_from(self.database.read(count).await?).unwrap_or(0))
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
