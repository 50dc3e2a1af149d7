use async_trait::async_trait;

use super::StorageError;
use crate::actor::Actor;
use crate::audit::Audited;
use crate::id::RequestId;
use crate::time::Timestamp;

/// The audit trail. Entries are added by the calls that make the changes.
#[async_trait]
pub trait AuditLog: Send + Sync {
    /// Entries that match, newest first, at most `limit`, before the one that `before` names.
    async fn list(
        &self,
        filter: AuditFilter,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<Audited>, StorageError>;
}

/// Which entries; every condition that is there must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// By this actor.
    pub actor: Option<Actor>,
    /// This action.
    pub action: Option<String>,
    /// Of this subject.
    pub subject: Option<String>,
    /// Asked for by this request.
    pub request_id: Option<RequestId>,
    /// Made at this moment or later.
    pub since: Option<Timestamp>,
    /// Made before this moment.
    pub until: Option<Timestamp>,
}
