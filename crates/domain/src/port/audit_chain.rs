use std::time::Duration;

use async_trait::async_trait;

use super::StorageError;
use crate::audit::{Head, Sealed};
use crate::time::Timestamp;

/// The chain over the audit trail. Entries are added without it, so that they never wait for one
/// another; they are sealed a moment later, by one at a time.
#[async_trait]
pub trait AuditChain: Send + Sync {
    /// Where the chain ends, and whether there are entries to be sealed.
    async fn tip(&self, now: Timestamp) -> Result<Tip, StorageError>;

    /// Seals at most `limit` entries, in the order of their numbers, after `head`, whose hash is
    /// known outside of the database. If the chain does not end there, or somebody else is sealing
    /// just now, nothing is changed. An entry that was overtaken for longer than the lateness is
    /// never sealed: it was not there in time.
    async fn seal(&self, head: Head, now: Timestamp, limit: usize)
    -> Result<Sealing, StorageError>;

    /// Links after a position, in order, at most `limit`, with their entries, as far as they are
    /// there.
    async fn page(&self, after: u64, limit: usize) -> Result<Vec<Sealed>, StorageError>;

    /// Entries that are not sealed.
    async fn unsealed(&self) -> Result<Unsealed, StorageError>;

    /// How much later than an entry with a higher number an entry may be committed; none where
    /// numbers are given in the order of commits.
    fn lateness(&self) -> Option<Duration>;
}

/// The end of the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tip {
    /// The last link.
    pub head: Head,
    /// The position that had been known outside when the last link was made.
    pub anchor: u64,
    /// Whether there are entries to be sealed.
    pub waiting: bool,
}

/// What came of sealing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sealing {
    /// So many entries were sealed; the chain ends here now.
    Done {
        /// The last link.
        head: Head,
        /// Entries.
        entries: usize,
    },
    /// Nothing was done, since somebody else is sealing or has sealed.
    Elsewhere,
}

/// Entries that are not sealed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Unsealed {
    /// How many.
    pub entries: u64,
    /// When the oldest was made.
    pub oldest: Option<Timestamp>,
    /// The first that later ones have overtaken.
    pub overtaken: Option<Overtaken>,
}

/// An entry that is not sealed though a later one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overtaken {
    /// The entry.
    pub seq: u64,
    /// When the first of those with a higher number was sealed.
    pub since: Timestamp,
}
