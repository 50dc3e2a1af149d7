//! Archive what was sealed.

use std::sync::Arc;

use tapedeck_domain::audit::ChainHash;
use tapedeck_domain::port::{AuditArchive, AuditChain, Segment, StorageError};

/// Archives what was sealed since the last time, outside of the database.
#[derive(Clone)]
pub struct AuditExport {
    chain: Arc<dyn AuditChain>,
    archive: Arc<dyn AuditArchive>,
}

/// What was archived by one call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Archived {
    /// Entries.
    pub entries: u64,
    /// The last position that is archived now; 0 when there is none.
    pub until: u64,
}

/// Entries of a segment: what is in memory at a time.
const SEGMENT: usize = 5_000;

impl AuditExport {
    /// Over these ports.
    pub fn new(chain: Arc<dyn AuditChain>, archive: Arc<dyn AuditArchive>) -> Self {
        Self { chain, archive }
    }

    /// Archives whatever is sealed and not archived. Doing it again, or at once in two processes,
    /// does no harm: each position is archived once.
    ///
    /// # Errors
    /// A store failed, or the chain ends before what is archived. Segments that were written stay.
    pub async fn export(&self) -> Result<Archived, StorageError> {
        let mut until = self.archive.archived().await?;
        let mut previous = self.hash_at(until).await?;
        let mut entries = 0;
        loop {
            let links = self.chain.page(until, SEGMENT).await?;
            let Some(last) = links.last().map(|sealed| sealed.link) else {
                return Ok(Archived { entries, until });
            };
            entries += links.len() as u64;
            self.archive.put(Segment { previous, links }).await?;
            (until, previous) = (last.place.position, last.hash);
        }
    }

    async fn hash_at(&self, position: u64) -> Result<ChainHash, StorageError> {
        let Some(before) = position.checked_sub(1) else { return Ok(ChainHash::GENESIS) };
        let found = self.chain.page(before, 1).await?;
        let link = found.first().map(|sealed| sealed.link);
        let link = link.filter(|link| link.place.position == position);
        link.map(|link| link.hash).ok_or_else(|| {
            StorageError::corrupt(format!("position {position} of the audit chain is gone"))
        })
    }
}
