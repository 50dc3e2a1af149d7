use async_trait::async_trait;

use super::StorageError;
use crate::access::{AccessKey, SecretHash, Ticket};
use crate::audit::AuditEntry;
use crate::id::KeyId;
use crate::time::Timestamp;

/// The access keys that there are, or were.
#[async_trait]
pub trait KeyStore: Send + Sync {
    /// Adds a key, with the entry of the audit trail; refused when its name was ever used, by a
    /// key that was revoked included. Of equal names at the same moment, one is added.
    async fn add(
        &self,
        key: AccessKey,
        audit: AuditEntry,
    ) -> Result<Result<(), NameTaken>, StorageError>;

    /// All keys, those that were revoked or have expired included, oldest first.
    async fn all(&self) -> Result<Vec<AccessKey>, StorageError>;

    /// Revokes a key for good. The entry is added to the audit trail only if that changed
    /// something: a key that was revoked before keeps the moment of that.
    async fn revoke(
        &self,
        id: KeyId,
        at: Timestamp,
        audit: AuditEntry,
    ) -> Result<Revoked, StorageError>;

    /// Notes when keys were last used. A key that was used later stays as it is, and one that is
    /// not there does not matter.
    async fn touch(&self, uses: Vec<(KeyId, Timestamp)>) -> Result<(), StorageError>;
}

/// Tickets that were given out and not used.
#[async_trait]
pub trait TicketStore: Send + Sync {
    /// Keeps a ticket, and forgets those that had expired when it was made.
    async fn put(&self, ticket: Ticket) -> Result<(), StorageError>;

    /// Hands a ticket over that has not expired, to one caller alone: of several at the same
    /// moment, in whatever process, one gets it.
    async fn take(&self, hash: &SecretHash, now: Timestamp)
    -> Result<Option<Ticket>, StorageError>;
}

/// The name belongs to another key, or did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the name was used before")]
pub struct NameTaken;

/// What became of a key that was to be revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revoked {
    /// It is refused from now on.
    Now,
    /// It was revoked before.
    Before,
    /// There is no such key.
    NotFound,
}
