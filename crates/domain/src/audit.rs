//! The audit trail: decisions, with who made them, and the chain that shows whether anybody changed
//! them afterwards.

mod chain;
mod check;
mod fault;
mod hash;
mod record;

use serde_json::Value;

use crate::actor::Actor;
use crate::id::RequestId;
use crate::time::Timestamp;

pub use chain::{Head, Link, Place, Sealed, seal};
pub use check::{ChainCheck, Explanation};
pub use fault::{Fault, FaultKind, Verification};
pub use hash::{ChainHash, ParseHashError};
pub use record::AuditRecord;

/// One decision: a cancellation, a removal, a pause. What a worker does is in the event logs.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditEntry {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// What, as `thing.verb`, such as `backtest.cancel`.
    pub action: String,
    /// Of what, such as `backtests/0192...`.
    pub subject: String,
    /// The request that asked for it, if one did.
    pub request_id: Option<RequestId>,
    /// What was, as far as it changed. Never a secret.
    pub before: Option<Value>,
    /// What is. Never a secret.
    pub after: Option<Value>,
}

/// An entry of the trail, in its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Audited {
    /// Grows with each entry; may have gaps.
    pub seq: u64,
    /// The entry.
    pub entry: AuditEntry,
    /// Its link of the chain, from a moment after it was added.
    pub hash: Option<ChainHash>,
}
