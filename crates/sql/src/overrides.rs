//! What was changed at run time.

use diesel::prelude::*;
use tapedeck_domain::port::{Override, StorageError};
use tapedeck_domain::time::Timestamp;

use crate::schema::overrides;

/// A value that holds in place of the configured one.
#[derive(Debug, Clone, Queryable, Insertable, AsChangeset)]
#[diesel(table_name = overrides, treat_none_as_null = true)]
#[expect(missing_docs, reason = "columns are described in the migrations")]
pub struct OverrideRow {
    pub key: String,
    pub value: String,
    pub set_at: i64,
    pub set_by: String,
    pub request_id: Option<String>,
}

impl From<&Override> for OverrideRow {
    fn from(held: &Override) -> Self {
        Self {
            key: held.key.clone(),
            value: held.value.to_string(),
            set_at: held.at.as_nanos(),
            set_by: held.by.to_string(),
            request_id: held.request_id.as_ref().map(ToString::to_string),
        }
    }
}

impl TryFrom<OverrideRow> for Override {
    type Error = StorageError;

    fn try_from(row: OverrideRow) -> Result<Self, StorageError> {
        let corrupt =
            |column: &str| StorageError::corrupt(format!("overrides.{column} of {}", row.key));
        let request_id = row.request_id.as_deref().map(str::parse).transpose();
        Ok(Self {
            value: serde_json::from_str(&row.value).map_err(|_| corrupt("value"))?,
            at: Timestamp::from_nanos(row.set_at),
            by: row.set_by.parse().map_err(|_| corrupt("set_by"))?,
            request_id: request_id.map_err(|_| corrupt("request_id"))?,
            key: row.key,
        })
    }
}
