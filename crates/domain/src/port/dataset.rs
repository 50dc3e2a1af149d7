use std::sync::Arc;

use async_trait::async_trait;

use super::StorageError;
use crate::bars::Bars;
use crate::dataset::{Dataset, Interval, Symbol};
use crate::id::DatasetId;

/// The bars themselves, by content.
#[async_trait]
pub trait DatasetStore: Send + Sync {
    /// Keeps `bars` under `content_hash`. Keeping the same bars again changes nothing. When it
    /// returns, the bars survive a crash.
    async fn put(&self, content_hash: &str, bars: Arc<Bars>) -> Result<(), StorageError>;

    /// The bars of a hash; `None` when they were never kept. Bars whose content is not that of
    /// the hash are an error.
    async fn open(&self, content_hash: &str) -> Result<Option<Arc<Bars>>, StorageError>;
}

/// What is known of the datasets.
#[async_trait]
pub trait DatasetCatalog: Send + Sync {
    /// Adds a version and returns it with its number. When the latest version of the name has
    /// the same content, nothing changes and that one is returned.
    async fn add(&self, dataset: Dataset) -> Result<Dataset, StorageError>;

    /// The latest version of a name.
    async fn find(&self, id: &DatasetId) -> Result<Option<Dataset>, StorageError>;

    /// The latest versions with a symbol and an interval, by name.
    async fn find_by_symbol(
        &self,
        symbol: &Symbol,
        interval: Interval,
    ) -> Result<Vec<Dataset>, StorageError>;

    /// The latest versions with names after `after`, by name, at most `limit`.
    async fn list(
        &self,
        after: Option<&DatasetId>,
        limit: usize,
    ) -> Result<Vec<Dataset>, StorageError>;
}
