//! What can be wrong with an audit trail.

use super::Head;
use crate::port::Unsealed;

/// How an audit trail was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// An entry is not what was sealed.
    EntryEdited,
    /// A link is not what it was, though its entry is.
    LinkEdited,
    /// A link names an entry that is not there.
    EntryDeleted,
    /// Links are missing between others.
    LinkDeleted,
    /// An entry stands before others that were sealed long before it.
    EntryInserted,
    /// An entry that was sealed at one place is at another.
    Reordered,
    /// The chain ends before a head that was known outside.
    TailCut,
    /// The chain is sound, but not the one whose head was known outside: it was made anew.
    HeadSwapped,
    /// What is known outside is not what was written there.
    HeadLogDamaged,
    /// What was known outside is gone.
    HeadLogMissing,
}

impl FaultKind {
    /// Every kind.
    pub const ALL: [Self; 10] = [
        Self::EntryEdited,
        Self::LinkEdited,
        Self::EntryDeleted,
        Self::LinkDeleted,
        Self::EntryInserted,
        Self::Reordered,
        Self::TailCut,
        Self::HeadSwapped,
        Self::HeadLogDamaged,
        Self::HeadLogMissing,
    ];

    /// As it is called outside.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EntryEdited => "entry_edited",
            Self::LinkEdited => "chain_row_edited",
            Self::EntryDeleted => "entry_deleted",
            Self::LinkDeleted => "chain_row_deleted",
            Self::EntryInserted => "entry_inserted",
            Self::Reordered => "reordered",
            Self::TailCut => "tail_cut",
            Self::HeadSwapped => "head_swapped",
            Self::HeadLogDamaged => "head_log_damaged",
            Self::HeadLogMissing => "head_log_missing",
        }
    }
}

/// Something that is wrong with an audit trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What.
    pub kind: FaultKind,
    /// Where in the chain, if it is there.
    pub position: Option<u64>,
    /// The entry, if it is one.
    pub seq: Option<u64>,
    /// More, for people.
    pub detail: String,
}

/// What a look at the whole audit trail has found.
#[derive(Debug, Clone, PartialEq)]
pub struct Verification {
    /// Links that were found sound, from the first on.
    pub entries: u64,
    /// The last of them.
    pub head: Head,
    /// The first thing that is wrong.
    pub fault: Option<Fault>,
    /// Entries that are not in the chain yet.
    pub unsealed: Unsealed,
    /// How long the oldest of them has waited, in milliseconds.
    pub oldest_age_ms: Option<u64>,
}

impl Verification {
    /// Whether nothing is wrong.
    pub const fn is_intact(&self) -> bool {
        self.fault.is_none()
    }

    /// What is no fault, but should not be.
    pub fn warning(&self) -> Option<String> {
        /// Entries are sealed within a second.
        const PATIENCE_MS: u64 = 5_000;
        let age = self.oldest_age_ms.filter(|age| *age > PATIENCE_MS)?;
        let entries = self.unsealed.entries;
        Some(format!(
            "{entries} entries are not sealed, the oldest for {} s: is a server running?",
            age / 1000
        ))
    }
}
