//! Rows of the dataset catalog.

use diesel::prelude::*;
use tapedeck_domain::dataset::Dataset;
use tapedeck_domain::port::StorageError;

use crate::document;
use crate::schema::datasets;

/// One version of a dataset.
#[derive(Debug, Clone, Queryable, Insertable, Selectable)]
#[diesel(table_name = datasets)]
#[expect(missing_docs, reason = "columns are described in the migrations")]
pub struct DatasetRow {
    pub id: String,
    pub version: i64,
    pub symbol: String,
    pub interval_ns: i64,
    pub content_hash: String,
    pub info: String,
    pub created_at: i64,
}

impl TryFrom<&Dataset> for DatasetRow {
    type Error = StorageError;

    fn try_from(dataset: &Dataset) -> Result<Self, StorageError> {
        Ok(Self {
            id: dataset.id.to_string(),
            version: i64::from(dataset.version),
            symbol: dataset.symbol.as_str().to_owned(),
            interval_ns: dataset.interval.as_nanos(),
            content_hash: dataset.content_hash.clone(),
            info: document::write(dataset)?,
            created_at: dataset.created_at.as_nanos(),
        })
    }
}

impl TryFrom<DatasetRow> for Dataset {
    type Error = StorageError;

    fn try_from(row: DatasetRow) -> Result<Self, StorageError> {
        document::read(&format!("datasets.info of {}", row.id), &row.info)
    }
}

mod latest {
    #![expect(missing_docs, reason = "items that the macros of diesel make")]

    use diesel::prelude::*;

    use crate::schema::datasets;

    diesel::alias!(datasets as newer: Newer);

    /// Only rows that have no newer version.
    #[diesel::dsl::auto_type]
    pub fn is_latest() -> _ {
        let same_name = newer.field(datasets::id).eq(datasets::id);
        let later = newer.field(datasets::version).gt(datasets::version);
        diesel::dsl::not(diesel::dsl::exists(newer.filter(same_name).filter(later)))
    }
}

pub use latest::is_latest;
