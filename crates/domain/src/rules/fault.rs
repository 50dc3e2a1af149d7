//! What is wrong with a rule set, and where.

/// One fault of a rule set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{pointer}: {detail}")]
pub struct RuleFault {
    /// JSON pointer into the rule set; of a member that is missing, where it should be.
    pub pointer: String,
    /// What kind of fault.
    pub kind: RuleFaultKind,
    /// The same in a sentence.
    pub detail: String,
}

/// What kind of fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleFaultKind {
    /// There is no such member, name or word.
    Unknown,
    /// It must be there.
    Missing,
    /// It is of another type.
    Type,
    /// It is out of its range, or does not fit something else.
    Range,
}

/// Beyond these, nobody reads on.
const MOST: usize = 256;

/// The faults found so far.
#[derive(Debug, Default)]
pub(super) struct Faults(Vec<RuleFault>);

impl Faults {
    pub(super) fn add(&mut self, pointer: &str, kind: RuleFaultKind, detail: impl Into<String>) {
        if self.0.len() < MOST {
            self.0.push(RuleFault { pointer: pointer.to_owned(), kind, detail: detail.into() });
        }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn into_vec(self) -> Vec<RuleFault> {
        self.0
    }
}

/// The pointer of a member; RFC 6901 escapes two characters.
pub(super) fn member(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"))
}
