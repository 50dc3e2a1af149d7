use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use tapedeck_domain::audit::Head;
use tapedeck_domain::port::{
    AfterHeads, AuditArchive, HeadLog, HeadMark, HeadPage, Segment, StorageError,
};

/// A log of heads in memory.
#[derive(Default)]
pub struct MemoryHeads(Mutex<Vec<Head>>);

impl MemoryHeads {
    /// The heads; a test may change them as nobody else should.
    pub fn lines(&self) -> MutexGuard<'_, Vec<Head>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl HeadLog for MemoryHeads {
    async fn last(&self) -> Result<Option<Head>, StorageError> {
        Ok(self.lines().last().copied())
    }

    async fn append(&self, head: Head) -> Result<(), StorageError> {
        let mut lines = self.lines();
        if lines.last().is_none_or(|last| last.position < head.position) {
            lines.push(head);
        }
        Ok(())
    }

    async fn page(&self, from: HeadMark, limit: usize) -> Result<HeadPage, StorageError> {
        let lines = self.lines();
        let start = usize::try_from(from.offset).unwrap_or(usize::MAX).min(lines.len());
        let heads: Vec<Head> = lines[start..].iter().take(limit).copied().collect();
        let offset = from.offset + heads.len() as u64;
        let is_end = start + heads.len() == lines.len();
        let more = AfterHeads::More(HeadMark { offset, ..from });
        Ok(HeadPage { heads, then: if is_end { AfterHeads::End } else { more } })
    }
}

/// An archive of the audit trail in memory.
#[derive(Default)]
pub struct MemoryArchive(Mutex<Vec<Segment>>);

impl MemoryArchive {
    /// The segments.
    pub fn segments(&self) -> MutexGuard<'_, Vec<Segment>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn last(segment: &Segment) -> u64 {
    segment.links.last().map_or(0, |sealed| sealed.link.place.position)
}

#[async_trait]
impl AuditArchive for MemoryArchive {
    async fn archived(&self) -> Result<u64, StorageError> {
        Ok(self.segments().last().map_or(0, last))
    }

    async fn put(&self, segment: Segment) -> Result<(), StorageError> {
        let mut segments = self.segments();
        let follows = segments.last().map_or(0, last) + 1;
        if segment.links.first().is_some_and(|first| first.link.place.position == follows) {
            segments.push(segment);
        }
        Ok(())
    }
}
