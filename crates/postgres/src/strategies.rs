//! The store of strategies.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl};
use tapedeck_domain::id::StrategyId;
use tapedeck_domain::port::{StorageError, StrategyList, StrategyStore};
use tapedeck_domain::stored_strategy::{StoredStrategy, VersionConflict};
use tapedeck_domain::time::Timestamp;
use tapedeck_sql::schema::{strategies, strategy_versions};
use tapedeck_sql::strategy::{
    StrategyRow, VersionRow, decode, is_latest_version, is_older, living_versions, strategy_at,
};

use crate::Database;
use crate::fault::Fault;

/// The strategies in a database on a server.
pub struct PostgresStrategies(pub Database);

#[async_trait]
impl StrategyStore for PostgresStrategies {
    async fn add(
        &self,
        version: StoredStrategy,
    ) -> Result<Result<(), VersionConflict>, StorageError> {
        let add = async |conn: &mut AsyncPgConnection| {
            conn.transaction(async |conn| add(conn, &version).await).await
        };
        Ok(self.0.run(add).await?)
    }

    async fn find(
        &self,
        id: &StrategyId,
        version: Option<u32>,
    ) -> Result<Option<StoredStrategy>, StorageError> {
        Ok(self.0.run(async |conn| find(conn, id.as_str(), version).await).await?)
    }

    async fn versions(
        &self,
        id: &StrategyId,
        before: Option<u32>,
        limit: usize,
    ) -> Result<Vec<StoredStrategy>, StorageError> {
        let query = living_versions().filter(strategies::id.eq(id.as_str()));
        let query = query.filter(strategy_versions::version.lt(before.map_or(i64::MAX, i64::from)));
        let query = query.order(strategy_versions::version.desc()).limit(rows_of(limit));
        let query = query.select(VersionRow::as_select());
        decode(self.0.run(async |conn| query.load(conn).await).await.map_err(Fault::from)?)
    }

    async fn list(
        &self,
        after: Option<&StrategyId>,
        limit: usize,
    ) -> Result<StrategyList, StorageError> {
        Ok(self.0.run(async |conn| list(conn, after, limit).await).await?)
    }

    async fn remove(
        &self,
        id: &StrategyId,
        version: u32,
        at: Timestamp,
    ) -> Result<Result<(), VersionConflict>, StorageError> {
        let strategy = strategy_at(id.as_str(), i64::from(version));
        let removal = strategies::deleted_at.eq(at.as_nanos());
        let query = diesel::update(strategy).set(removal);
        let removed = self.0.run(async |conn| query.execute(conn).await);
        Ok(applied(removed.await.map_err(Fault::from)?))
    }
}

fn rows_of(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

fn applied(rows: usize) -> Result<(), VersionConflict> {
    if rows == 1 { Ok(()) } else { Err(VersionConflict) }
}

/// Who adds the same number at the same moment waits at the row of the strategy, and then finds
/// it taken.
async fn add(
    conn: &mut AsyncPgConnection,
    version: &StoredStrategy,
) -> Result<Result<(), VersionConflict>, Fault> {
    let (id, number) = (version.reference.id.as_str(), i64::from(version.reference.version));
    let rows = if number == 1 {
        let new = diesel::insert_into(strategies::table).values(StrategyRow::from(version));
        new.on_conflict_do_nothing().execute(conn).await?
    } else {
        let next = strategies::latest_version.eq(number);
        diesel::update(strategy_at(id, number - 1)).set(next).execute(conn).await?
    };
    if applied(rows).is_ok() {
        let row = VersionRow::try_from(version)?;
        diesel::insert_into(strategy_versions::table).values(row).execute(conn).await?;
    }
    Ok(applied(rows))
}

async fn find(
    conn: &mut AsyncPgConnection,
    id: &str,
    version: Option<u32>,
) -> Result<Option<StoredStrategy>, Fault> {
    let query = living_versions().filter(strategies::id.eq(id)).select(VersionRow::as_select());
    let row = match version {
        None => query.filter(is_latest_version()).first(conn).await,
        Some(version) => {
            query.filter(strategy_versions::version.eq(i64::from(version))).first(conn).await
        }
    };
    Ok(row.optional()?.map(StoredStrategy::try_from).transpose()?)
}

async fn list(
    conn: &mut AsyncPgConnection,
    after: Option<&StrategyId>,
    limit: usize,
) -> Result<StrategyList, Fault> {
    let living = strategies::table.filter(strategies::deleted_at.is_null());
    let total: i64 = living.count().get_result(conn).await?;
    let mut query = living_versions().filter(is_latest_version()).into_boxed();
    if let Some(after) = after.map(StrategyId::as_str) {
        let age = strategies::table.find(after).select(strategies::created_at);
        // After a strategy that was never there comes nothing.
        let age = age.first(conn).await.optional()?.unwrap_or(i64::MIN);
        query = query.filter(is_older(age, after));
    }
    let query = query.order((strategies::created_at.desc(), strategies::id.desc()));
    let rows = query.limit(rows_of(limit)).select(VersionRow::as_select()).load(conn).await?;
    Ok(StrategyList { strategies: decode(rows)?, total: u64::try_from(total).unwrap_or(0) })
}
