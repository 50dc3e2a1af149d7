//! The hash chain of a run: what makes two runs comparable block by block.

use serde::{Deserialize, Serialize};

/// Bars of a block.
pub const BLOCK_BARS: usize = 1024;

/// SHA-256 over each block of [`BLOCK_BARS`] bars and the hash of the block before, in
/// hexadecimal. Two runs are alike up to the last block whose hashes are equal.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct HashChain(pub Vec<String>);

impl HashChain {
    /// The hash of all blocks; `None` when not one bar was simulated.
    pub fn head(&self) -> Option<&str> {
        self.0.last().map(String::as_str)
    }

    /// The first block in which two chains differ; `None` when they are equal.
    pub fn first_difference(&self, other: &Self) -> Option<usize> {
        let longest = self.0.len().max(other.0.len());
        (0..longest).find(|block| self.0.get(*block) != other.0.get(*block))
    }
}
