//! The dataset catalog.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use tapedeck_domain::dataset::{Dataset, Interval, Symbol};
use tapedeck_domain::id::DatasetId;
use tapedeck_domain::port::{DatasetCatalog, StorageError};
use tapedeck_sql::dataset::{DatasetRow, is_latest};
use tapedeck_sql::schema::datasets;

use crate::Database;
use crate::fault::Fault;

/// The catalog in the embedded database.
pub struct SqliteDatasets(pub Database);

#[async_trait]
impl DatasetCatalog for SqliteDatasets {
    async fn add(&self, dataset: Dataset) -> Result<Dataset, StorageError> {
        Ok(self.0.write(move |conn| add(conn, dataset)).await?)
    }

    async fn find(&self, id: &DatasetId) -> Result<Option<Dataset>, StorageError> {
        let id = id.to_string();
        Ok(self.0.read(move |conn| latest(conn, &id)).await?)
    }

    async fn find_by_symbol(
        &self,
        symbol: &Symbol,
        interval: Interval,
    ) -> Result<Vec<Dataset>, StorageError> {
        let symbol = symbol.as_str().to_owned();
        let rows = move |conn: &mut SqliteConnection| {
            let wanted = datasets::symbol.eq(symbol);
            let wanted = wanted.and(datasets::interval_ns.eq(interval.as_nanos()));
            let query = datasets::table.filter(is_latest()).filter(wanted);
            decode(query.order(datasets::id).load::<DatasetRow>(conn)?)
        };
        Ok(self.0.read(rows).await?)
    }

    async fn list(
        &self,
        after: Option<&DatasetId>,
        limit: usize,
    ) -> Result<Vec<Dataset>, StorageError> {
        let after = after.map(ToString::to_string).unwrap_or_default();
        let rows = move |conn: &mut SqliteConnection| {
            let query = datasets::table.filter(is_latest()).filter(datasets::id.gt(after));
            let query = query.order(datasets::id).limit(limit as i64);
            decode(query.load::<DatasetRow>(conn)?)
        };
        Ok(self.0.read(rows).await?)
    }
}

fn decode(rows: Vec<DatasetRow>) -> Result<Vec<Dataset>, Fault> {
    Ok(rows.into_iter().map(Dataset::try_from).collect::<Result<_, _>>()?)
}

fn latest(conn: &mut SqliteConnection, id: &str) -> Result<Option<Dataset>, Fault> {
    let query = datasets::table.filter(datasets::id.eq(id)).order(datasets::version.desc());
    let row: Option<DatasetRow> = query.first(conn).optional()?;
    Ok(row.map(Dataset::try_from).transpose()?)
}

fn add(conn: &mut SqliteConnection, mut dataset: Dataset) -> Result<Dataset, Fault> {
    dataset.version = match latest(conn, dataset.id.as_str())? {
        Some(latest) if latest.content_hash == dataset.content_hash => return Ok(latest),
        Some(latest) => latest.version + 1,
        None => 1,
    };
    diesel::insert_into(datasets::table).values(DatasetRow::try_from(&dataset)?).execute(conn)?;
    Ok(dataset)
}
