use async_trait::async_trait;

use super::StorageError;
use crate::dataset::Symbol;
use crate::id::{BacktestId, DatasetId, StrategyId};
use crate::job::{Backtest, JobKind, Status, Tag};
use crate::time::Timestamp;

/// Jobs, as a list.
#[async_trait]
pub trait JobCatalog: Send + Sync {
    /// Jobs that match, newest first, after the one that the page names. Jobs that are added
    /// meanwhile shift nothing.
    async fn list(&self, filter: JobFilter, page: Page) -> Result<Vec<Backtest>, StorageError>;

    /// How many jobs match.
    async fn count(&self, filter: JobFilter) -> Result<u64, StorageError>;
}

/// Which jobs; every condition that is there must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JobFilter {
    /// Of this kind.
    pub kind: Option<JobKind>,
    /// In this state.
    pub status: Option<Status>,
    /// On this dataset.
    pub dataset_id: Option<DatasetId>,
    /// On this symbol.
    pub symbol: Option<Symbol>,
    /// With this strategy.
    pub strategy_id: Option<StrategyId>,
    /// With this tag.
    pub tag: Option<Tag>,
    /// Submitted after this moment.
    pub created_after: Option<Timestamp>,
    /// Submitted before this moment.
    pub created_before: Option<Timestamp>,
}

/// Which part of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// The last job of the page before.
    pub after: Option<BacktestId>,
    /// At most so many.
    pub limit: usize,
}
