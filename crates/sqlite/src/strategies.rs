//! The store of strategies.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
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

/// The strategies in the embedded database.
pub struct SqliteStrategies(pub Database);

#[async_trait]
impl StrategyStore for SqliteStrategies {
    async fn add(
        &self,
        version: StoredStrategy,
    ) -> Result<Result<(), VersionConflict>, StorageError> {
        Ok(self.0.write(move |conn| add(conn, &version)).await?)
    }

    async fn find(
        &self,
        id: &StrategyId,
        version: Option<u32>,
    ) -> Result<Option<StoredStrategy>, StorageError> {
        let id = id.to_string();
        Ok(self.0.read(move |conn| find(conn, &id, version)).await?)
    }

    async fn versions(
        &self,
        id: &StrategyId,
        before: Option<u32>,
        limit: usize,
    ) -> Result<Vec<StoredStrategy>, StorageError> {
        let id = id.to_string();
        let before = before.map_or(i64::MAX, i64::from);
        let rows = move |conn: &mut SqliteConnection| -> Result<_, Fault> {
            let query = living_versions().filter(strategies::id.eq(id));
            let query = query.filter(strategy_versions::version.lt(before));
            let query = query.order(strategy_versions::version.desc()).limit(rows_of(limit));
            Ok(decode(query.select(VersionRow::as_select()).load(conn)?)?)
        };
        Ok(self.0.read(rows).await?)
    }

    async fn list(
        &self,
        after: Option<&StrategyId>,
        limit: usize,
    ) -> Result<StrategyList, StorageError> {
        let after = after.cloned();
        Ok(self.0.read(move |conn| list(conn, after.as_ref(), limit)).await?)
    }

    async fn remove(
        &self,
        id: &StrategyId,
        version: u32,
        at: Timestamp,
    ) -> Result<Result<(), VersionConflict>, StorageError> {
        let id = id.to_string();
        let removed = move |conn: &mut SqliteConnection| -> Result<usize, Fault> {
            let strategy = strategy_at(&id, i64::from(version));
            let removal = strategies::deleted_at.eq(at.as_nanos());
            Ok(diesel::update(strategy).set(removal).execute(conn)?)
        };
        Ok(applied(self.0.write(removed).await?))
    }
}

fn rows_of(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

fn applied(rows: usize) -> Result<(), VersionConflict> {
    if rows == 1 { Ok(()) } else { Err(VersionConflict) }
}

fn add(
    conn: &mut SqliteConnection,
    version: &StoredStrategy,
) -> Result<Result<(), VersionConflict>, Fault> {
    let (id, number) = (version.reference.id.as_str(), i64::from(version.reference.version));
    let rows = if number == 1 {
        let new = diesel::insert_into(strategies::table).values(StrategyRow::from(version));
        new.on_conflict_do_nothing().execute(conn)?
    } else {
        let next = strategies::latest_version.eq(number);
        diesel::update(strategy_at(id, number - 1)).set(next).execute(conn)?
    };
    if applied(rows).is_ok() {
        let row = VersionRow::try_from(version)?;
        diesel::insert_into(strategy_versions::table).values(row).execute(conn)?;
    }
    Ok(applied(rows))
}

fn find(
    conn: &mut SqliteConnection,
    id: &str,
    version: Option<u32>,
) -> Result<Option<StoredStrategy>, Fault> {
    let query = living_versions().filter(strategies::id.eq(id)).select(VersionRow::as_select());
    let row = match version {
        None => query.filter(is_latest_version()).first(conn),
        Some(version) => {
            query.filter(strategy_versions::version.eq(i64::from(version))).first(conn)
        }
    };
    Ok(row.optional()?.map(StoredStrategy::try_from).transpose()?)
}

fn list(
    conn: &mut SqliteConnection,
    after: Option<&StrategyId>,
    limit: usize,
) -> Result<StrategyList, Fault> {
    let living = strategies::table.filter(strategies::deleted_at.is_null());
    let total: i64 = living.count().get_result(conn)?;
    let mut query = living_versions().filter(is_latest_version()).into_boxed();
    if let Some(after) = after.map(StrategyId::as_str) {
        let age = strategies::table.find(after).select(strategies::created_at);
        // After a strategy that was never there comes nothing.
        let age = age.first(conn).optional()?.unwrap_or(i64::MIN);
        query = query.filter(is_older(age, after));
    }
    let query = query.order((strategies::created_at.desc(), strategies::id.desc()));
    let rows = query.limit(rows_of(limit)).select(VersionRow::as_select()).load(conn)?;
    Ok(StrategyList { strategies: decode(rows)?, total: u64::try_from(total).unwrap_or(0) })
}
