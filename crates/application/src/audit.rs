//! Read the audit trail, seal it, verify it, archive it.

mod archive;
mod heads;
mod probe;
mod seal;
mod verify;

use std::sync::Arc;

use tapedeck_domain::audit::Audited;
use tapedeck_domain::port::{AuditFilter, AuditLog, StorageError};

pub use archive::{Archived, AuditExport};
pub use probe::{SealProbe, SealPulse};
pub use seal::AuditSeal;
pub use verify::AuditVerify;

/// Read the audit trail.
#[derive(Clone)]
pub struct AuditTrail {
    log: Arc<dyn AuditLog>,
}

impl AuditTrail {
    /// Over this port.
    pub fn new(log: Arc<dyn AuditLog>) -> Self {
        Self { log }
    }

    /// Entries that match, newest first, at most `limit`, before the one that `before` names.
    ///
    /// # Errors
    /// The store failed.
    pub async fn list(
        &self,
        filter: AuditFilter,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<Audited>, StorageError> {
        self.log.list(filter, before, limit).await
    }
}
