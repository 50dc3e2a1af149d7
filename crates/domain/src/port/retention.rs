use async_trait::async_trait;

use super::{StorageError, StorageUsage};
use crate::id::BacktestId;
use crate::job::{Backtest, ReportRef, Status};
use crate::time::Timestamp;

/// What has been kept long enough.
#[async_trait]
pub trait RetentionStore: Send + Sync {
    /// Jobs that have expired, oldest end first, at most `limit`.
    async fn expired(
        &self,
        rule: RetentionRule,
        limit: usize,
    ) -> Result<Vec<Backtest>, StorageError>;

    /// How many have.
    async fn count_expired(&self, rule: RetentionRule) -> Result<u64, StorageError>;

    /// How many idempotency keys were used before `moment` for the first time.
    async fn count_keys(&self, moment: Timestamp) -> Result<u64, StorageError>;

    /// Forgets them, and says how many they were.
    async fn forget_keys(&self, moment: Timestamp) -> Result<u64, StorageError>;
}

/// When jobs of one terminal state have expired: when either condition that is there holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetentionRule {
    /// The state.
    pub status: Status,
    /// Those that ended before this moment have.
    pub ended_before: Option<Timestamp>,
    /// Those beyond the so many that ended latest have.
    pub keep_latest: Option<u64>,
}

/// Reports and sweeps alike, as files.
#[async_trait]
pub trait ArtifactCatalog: Send + Sync {
    /// Artifacts in the order of their names, at most `limit`, after the one that `after` names.
    async fn list(
        &self,
        after: Option<ReportRef>,
        limit: usize,
    ) -> Result<Vec<StoredArtifact>, StorageError>;

    /// Removes an artifact with all its files. One that is not there is no error.
    async fn remove(&self, report: &ReportRef) -> Result<(), StorageError>;

    /// Removes what writers that died have left half written, and says how many files it was.
    async fn sweep_unfinished(&self) -> Result<u64, StorageError>;

    /// How full the store is.
    async fn usage(&self) -> Result<StorageUsage, StorageError>;
}

/// An artifact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredArtifact {
    /// Its name.
    pub report: ReportRef,
    /// The job that made it.
    pub job: BacktestId,
}
