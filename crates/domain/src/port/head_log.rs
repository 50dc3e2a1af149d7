use async_trait::async_trait;

use super::StorageError;
use crate::audit::{ChainHash, Head};

/// Heads of the audit chain, outside of the database. Lines are only ever added, by any process of
/// those that share it.
#[async_trait]
pub trait HeadLog: Send + Sync {
    /// The last head that can be read.
    async fn last(&self) -> Result<Option<Head>, StorageError>;

    /// Adds a head, durably, unless the last one is as far or further.
    async fn append(&self, head: Head) -> Result<(), StorageError>;

    /// Heads from a mark on, in order, at most `limit`. The default mark is the start.
    async fn page(&self, from: HeadMark, limit: usize) -> Result<HeadPage, StorageError>;
}

/// A place in the log of heads; opaque to all but the log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HeadMark {
    /// Which part of the log.
    pub part: u64,
    /// Where in it.
    pub offset: u64,
    /// The hash of the line before.
    pub previous: ChainHash,
    /// The position of the head before.
    pub position: u64,
}

/// Some heads of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeadPage {
    /// The heads.
    pub heads: Vec<Head>,
    /// What follows them.
    pub then: AfterHeads,
}

/// What follows the heads of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AfterHeads {
    /// Perhaps more, from here on.
    More(HeadMark),
    /// Nothing.
    End,
    /// Something that was not written by a server, or not like that.
    Damage(String),
}
