use std::io::{Error, Result, Write};

use crate::wire::{Kind, Link};

/// Sends what is written to it, part by part, and no more than a limit.
pub(super) struct Parts<'a> {
    link: &'a mut Link,
    part: Vec<u8>,
    limit: u64,
    written: u64,
}

impl<'a> Parts<'a> {
    pub(super) fn new(link: &'a mut Link, limit: u64) -> Self {
        Self { link, part: Vec::with_capacity(SIZE), limit, written: 0 }
    }

    /// How much was to be written when that was more than the limit.
    pub(super) fn over(&self) -> Option<u64> {
        (self.written > self.limit).then_some(self.written)
    }
}

/// Bytes of a part.
const SIZE: usize = Kind::Part.longest();

impl Write for Parts<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        self.written = self.written.saturating_add(bytes.len() as u64);
        if self.over().is_some() {
            return Err(Error::other("the answer is larger than it may be"));
        }
        for piece in bytes.chunks(SIZE) {
            if self.part.len() + piece.len() > SIZE {
                self.flush()?;
            }
            self.part.extend(piece);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<()> {
        if !self.part.is_empty() {
            self.link.send_bytes(Kind::Part, &self.part)?;
            self.part.clear();
        }
        Ok(())
    }
}
