//! SHA-256 hashes, as links of chains have them.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};

/// A SHA-256 hash; as text, 64 hexadecimal digits in lower case.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ChainHash([u8; 32]);

/// The text is not a hash.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a hash has 64 hexadecimal digits in lower case")]
pub struct ParseHashError;

impl ChainHash {
    /// What the first link follows.
    pub const GENESIS: Self = Self([0; 32]);

    /// Its bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for ChainHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for ChainHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for ChainHash {
    type Err = ParseHashError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // One text for each hash: an edit that changes only the case of a digit is an edit.
        if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(ParseHashError);
        }
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| ParseHashError)?;
        Ok(Self(bytes))
    }
}

/// Hashes fields of which none can run into the next: each is preceded by its length, and the
/// whole by what kind of thing it is.
pub(super) struct FieldHasher(Sha256);

impl FieldHasher {
    pub(super) fn new(kind: &'static str) -> Self {
        let mut hasher = Self(Sha256::new());
        hasher.text(kind);
        hasher
    }

    pub(super) fn hash(&mut self, hash: ChainHash) {
        self.0.update(hash.0);
    }

    pub(super) fn unsigned(&mut self, number: u64) {
        self.0.update(number.to_be_bytes());
    }

    pub(super) fn signed(&mut self, number: i64) {
        self.0.update(number.to_be_bytes());
    }

    pub(super) fn text(&mut self, text: &str) {
        self.unsigned(text.len() as u64);
        self.0.update(text.as_bytes());
    }

    /// One byte says whether it is there: none and an empty text are different things.
    pub(super) fn optional(&mut self, text: Option<&str>) {
        self.0.update([u8::from(text.is_some())]);
        if let Some(text) = text {
            self.text(text);
        }
    }

    pub(super) fn finish(self) -> ChainHash {
        ChainHash(self.0.finalize().into())
    }
}
