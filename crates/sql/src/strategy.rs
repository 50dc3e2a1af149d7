//! Rows of the stored strategies.

use diesel::prelude::*;
use tapedeck_domain::port::StorageError;
use tapedeck_domain::stored_strategy::StoredStrategy;
use tapedeck_domain::strategy::{StrategyKind, StrategyRef};
use tapedeck_domain::time::Timestamp;

use crate::document;
use crate::schema::{strategies, strategy_versions};

/// A strategy that is new.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = strategies)]
#[expect(missing_docs, reason = "columns are described in the migrations")]
pub struct StrategyRow {
    pub id: String,
    pub latest_version: i64,
    pub created_at: i64,
}

impl From<&StoredStrategy> for StrategyRow {
    fn from(strategy: &StoredStrategy) -> Self {
        Self {
            id: strategy.reference.id.to_string(),
            latest_version: i64::from(strategy.reference.version),
            created_at: strategy.created_at.as_nanos(),
        }
    }
}

/// One version of a strategy.
#[derive(Debug, Clone, Queryable, Insertable, Selectable)]
#[diesel(table_name = strategy_versions)]
#[expect(missing_docs, reason = "columns are described in the migrations")]
pub struct VersionRow {
    pub strategy_id: String,
    pub version: i64,
    pub kind: String,
    pub name: String,
    pub description: String,
    pub definition: String,
    pub content_hash: String,
    pub created_at: i64,
}

impl TryFrom<&StoredStrategy> for VersionRow {
    type Error = StorageError;

    fn try_from(strategy: &StoredStrategy) -> Result<Self, StorageError> {
        Ok(Self {
            strategy_id: strategy.reference.id.to_string(),
            version: i64::from(strategy.reference.version),
            kind: strategy.kind.as_str().to_owned(),
            name: strategy.name.clone(),
            description: strategy.description.clone(),
            definition: document::write(&strategy.definition)?,
            content_hash: strategy.content_hash.clone(),
            created_at: strategy.created_at.as_nanos(),
        })
    }
}

impl TryFrom<VersionRow> for StoredStrategy {
    type Error = StorageError;

    fn try_from(row: VersionRow) -> Result<Self, StorageError> {
        let place = format!("strategy_versions of {} {}", row.strategy_id, row.version);
        let corrupt = |what: &str| StorageError::corrupt(format!("{place}: {what}"));
        Ok(Self {
            reference: StrategyRef {
                id: row.strategy_id.parse().map_err(|_| corrupt("strategy_id"))?,
                version: u32::try_from(row.version).map_err(|_| corrupt("version"))?,
            },
            kind: kind(&row.kind).ok_or_else(|| corrupt("kind"))?,
            name: row.name,
            description: row.description,
            definition: document::read(&place, &row.definition)?,
            content_hash: row.content_hash,
            created_at: Timestamp::from_nanos(row.created_at),
        })
    }
}

fn kind(text: &str) -> Option<StrategyKind> {
    [StrategyKind::Rules, StrategyKind::BuiltIn, StrategyKind::Guest]
        .into_iter()
        .find(|kind| kind.as_str() == text)
}

/// Rows as strategies.
///
/// # Errors
/// The first that cannot be read.
pub fn decode(rows: Vec<VersionRow>) -> Result<Vec<StoredStrategy>, StorageError> {
    rows.into_iter().map(StoredStrategy::try_from).collect()
}

mod fragments {
    #![expect(missing_docs, reason = "items that the macros of diesel make")]

    use diesel::prelude::*;

    use crate::schema::{strategies, strategy_versions};

    /// Versions of strategies that were not removed.
    #[diesel::dsl::auto_type]
    pub fn living_versions() -> _ {
        strategy_versions::table
            .inner_join(strategies::table)
            .filter(strategies::deleted_at.is_null())
    }

    /// Whether a version is its strategy's latest.
    #[diesel::dsl::auto_type]
    pub fn is_latest_version() -> _ {
        strategy_versions::version.eq(strategies::latest_version)
    }

    /// The strategy, if it was not removed and `version` is its latest.
    #[diesel::dsl::auto_type]
    pub fn strategy_at<'a>(id: &'a str, version: i64) -> _ {
        strategies::table.filter(
            strategies::id
                .eq(id)
                .and(strategies::latest_version.eq(version))
                .and(strategies::deleted_at.is_null()),
        )
    }

    /// Strategies that come after one in the order of the list.
    #[diesel::dsl::auto_type]
    pub fn is_older<'a>(created_at: i64, id: &'a str) -> _ {
        let same_age = strategies::created_at.eq(created_at).and(strategies::id.lt(id));
        strategies::created_at.lt(created_at).or(same_age)
    }
}

pub use fragments::{is_latest_version, is_older, living_versions, strategy_at};
