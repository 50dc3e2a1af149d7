//! A line of the log of heads.

use serde::{Deserialize, Serialize};
use tapedeck_domain::audit::{ChainHash, Head};
use tapedeck_domain::time::Timestamp;

/// A head, and a hash over it and the line before.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HeadLine {
    position: u64,
    seq: u64,
    hash: String,
    at: String,
    line: String,
}

impl HeadLine {
    /// The line for `head` after the line with the hash `previous`, with its end.
    pub(super) fn write(head: &Head, previous: ChainHash) -> String {
        let line = Self {
            position: head.position,
            seq: head.seq,
            hash: head.hash.to_string(),
            at: head.at.to_string(),
            line: head.line_hash(previous).to_string(),
        };
        // Numbers and text, which have a form each.
        serde_json::to_string(&line).unwrap_or_default() + "\n"
    }

    /// The head of a line, and the hash that the line has.
    pub(super) fn read(line: &str) -> Option<(Head, ChainHash)> {
        let read: Self = serde_json::from_str(line).ok()?;
        let head = Head {
            position: read.position,
            seq: read.seq,
            hash: read.hash.parse().ok()?,
            at: read.at.parse::<Timestamp>().ok()?,
        };
        Some((head, read.line.parse().ok()?))
    }
}
