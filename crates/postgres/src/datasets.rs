//! The dataset catalog.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl};
use tapedeck_domain::dataset::{Dataset, Interval, Symbol};
use tapedeck_domain::id::DatasetId;
use tapedeck_domain::port::{DatasetCatalog, StorageError};
use tapedeck_sql::dataset::{DatasetRow, is_latest};
use tapedeck_sql::schema::datasets;

use crate::Database;
use crate::fault::Fault;

/// The catalog in a database on a server.
pub struct PostgresDatasets(pub Database);

#[async_trait]
impl DatasetCatalog for PostgresDatasets {
    async fn add(&self, dataset: Dataset) -> Result<Dataset, StorageError> {
        let add = async |conn: &mut AsyncPgConnection| {
            conn.transaction(async |conn| add(conn, dataset).await).await
        };
        Ok(self.0.run(add).await?)
    }

    async fn find(&self, id: &DatasetId) -> Result<Option<Dataset>, StorageError> {
        Ok(self.0.run(async |conn| latest(conn, id.as_str()).await).await?)
    }

    async fn find_by_symbol(
        &self,
        symbol: &Symbol,
        interval: Interval,
    ) -> Result<Vec<Dataset>, StorageError> {
        let wanted = datasets::symbol.eq(symbol.as_str());
        let wanted = wanted.and(datasets::interval_ns.eq(interval.as_nanos()));
        let query = datasets::table.filter(is_latest()).filter(wanted).order(datasets::id);
        decode(self.0.run(async |conn| query.load(conn).await).await.map_err(Fault::from)?)
    }

    async fn list(
        &self,
        after: Option<&DatasetId>,
        limit: usize,
    ) -> Result<Vec<Dataset>, StorageError> {
        let after = after.map(ToString::to_string).unwrap_or_default();
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let query = datasets::table.filter(is_latest()).filter(datasets::id.gt(after));
        let query = query.order(datasets::id).limit(limit);
        decode(self.0.run(async |conn| query.load(conn).await).await.map_err(Fault::from)?)
    }
}

fn decode(rows: Vec<DatasetRow>) -> Result<Vec<Dataset>, StorageError> {
    rows.into_iter().map(Dataset::try_from).collect()
}

async fn latest(conn: &mut AsyncPgConnection, id: &str) -> Result<Option<Dataset>, Fault> {
    let query = datasets::table.filter(datasets::id.eq(id)).order(datasets::version.desc());
    let row: Option<DatasetRow> = query.first(conn).await.optional()?;
    Ok(row.map(Dataset::try_from).transpose()?)
}

async fn add(conn: &mut AsyncPgConnection, mut dataset: Dataset) -> Result<Dataset, Fault> {
    // Versions of one name are counted one after the other. The lock ends with the transaction.
    diesel::sql_query("SELECT pg_advisory_xact_lock(hashtextextended($1, 1))")
        .bind::<diesel::sql_types::Text, _>(dataset.id.as_str())
        .execute(conn)
        .await?;
    dataset.version = match latest(conn, dataset.id.as_str()).await? {
        Some(latest) if latest.content_hash == dataset.content_hash => return Ok(latest),
        Some(latest) => latest.version + 1,
        None => 1,
    };
    let row = DatasetRow::try_from(&dataset)?;
    diesel::insert_into(datasets::table).values(row).execute(conn).await?;
    Ok(dataset)
}
