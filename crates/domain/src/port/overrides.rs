use async_trait::async_trait;
use serde_json::Value;

use super::StorageError;
use crate::actor::Actor;
use crate::audit::AuditEntry;
use crate::id::RequestId;
use crate::time::Timestamp;

/// What was changed at run time and holds in every process, until it is taken back.
#[async_trait]
pub trait OverrideStore: Send + Sync {
    /// All that hold, in the order of their keys.
    async fn all(&self) -> Result<Vec<Override>, StorageError>;

    /// Sets an override, or takes it back, if it still has the value that was expected; the entry
    /// is added to the audit trail only then. Says whether it did.
    async fn change(&self, change: OverrideChange) -> Result<bool, StorageError>;
}

/// A value that holds in place of the configured one.
#[derive(Debug, Clone, PartialEq)]
pub struct Override {
    /// Of what, such as `flags.tight_limits`.
    pub key: String,
    /// The value.
    pub value: Value,
    /// Since when.
    pub at: Timestamp,
    /// Who set it.
    pub by: Actor,
    /// The request that did.
    pub request_id: Option<RequestId>,
}

/// A change of one override.
#[derive(Debug, Clone, PartialEq)]
pub struct OverrideChange {
    /// Of what.
    pub key: String,
    /// The value that it must still have; none where nothing is to be overridden yet.
    pub expected: Option<Value>,
    /// What holds from now on; none where the configured value does again.
    pub next: Option<Override>,
    /// The decision.
    pub audit: AuditEntry,
}
