use async_trait::async_trait;

use super::StorageError;
use crate::audit::{ChainHash, Sealed};

/// Copies of the sealed entries outside of the database, in segments that are never changed.
#[async_trait]
pub trait AuditArchive: Send + Sync {
    /// The last position that is archived; 0 when there is none.
    async fn archived(&self) -> Result<u64, StorageError>;

    /// Keeps a segment, whole or not at all. One that is there already stays as it is.
    async fn put(&self, segment: Segment) -> Result<(), StorageError>;
}

/// Links that follow each other, with their entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// The hash of the link before the first.
    pub previous: ChainHash,
    /// At least one.
    pub links: Vec<Sealed>,
}
