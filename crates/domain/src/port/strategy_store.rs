use async_trait::async_trait;

use super::StorageError;
use crate::id::StrategyId;
use crate::stored_strategy::{StoredStrategy, VersionConflict};
use crate::time::Timestamp;

/// Strategies that users stored. A strategy that was removed is found and listed no more.
#[async_trait]
pub trait StrategyStore: Send + Sync {
    /// Adds a version. The first one makes the strategy, and is refused when the name was ever
    /// used, that of a removed strategy included; any other is refused unless the version before
    /// it is the latest. Of equal numbers at the same moment, one is added. When it returns, the
    /// version survives a crash.
    async fn add(
        &self,
        version: StoredStrategy,
    ) -> Result<Result<(), VersionConflict>, StorageError>;

    /// A version of a strategy, the latest when none is named; `None` when there is no such
    /// strategy or version.
    async fn find(
        &self,
        id: &StrategyId,
        version: Option<u32>,
    ) -> Result<Option<StoredStrategy>, StorageError>;

    /// The versions of a strategy, newest first, before `before`, at most `limit`; none when
    /// there is no such strategy.
    async fn versions(
        &self,
        id: &StrategyId,
        before: Option<u32>,
        limit: usize,
    ) -> Result<Vec<StoredStrategy>, StorageError>;

    /// The latest versions, newest strategy first, after the strategy `after`, at most `limit`,
    /// and how many strategies there are. A new version leaves its strategy in its place, and
    /// strategies that are added or removed meanwhile shift nothing.
    async fn list(
        &self,
        after: Option<&StrategyId>,
        limit: usize,
    ) -> Result<StrategyList, StorageError>;

    /// Removes a strategy; refused unless `version` is its latest. Its name stays taken.
    async fn remove(
        &self,
        id: &StrategyId,
        version: u32,
        at: Timestamp,
    ) -> Result<Result<(), VersionConflict>, StorageError>;
}

/// A part of the list.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StrategyList {
    /// The strategies of this part.
    pub strategies: Vec<StoredStrategy>,
    /// All that there are.
    pub total: u64,
}
