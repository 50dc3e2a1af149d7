//! From adapters to what seals, verifies and archives the audit trail.

use tapedeck_application::{AuditExport, AuditSeal, AuditVerify};
use tapedeck_worker::Sealer;

use crate::adapters::Adapters;
use crate::components::Components;

impl Components {
    /// What finds out whether anybody changed the audit trail.
    pub(crate) fn audit_verify(&self) -> AuditVerify {
        verify(&self.adapters)
    }

    /// What seals it.
    pub(crate) fn sealer(&self) -> Sealer {
        let Adapters { chain, heads, clock, .. } = self.adapters.clone();
        Sealer { seal: AuditSeal::new(chain, heads, clock.clone()), clock }
    }
}

/// What finds out whether anybody changed the audit trail.
pub(crate) fn verify(adapters: &Adapters) -> AuditVerify {
    let Adapters { chain, heads, clock, .. } = adapters.clone();
    AuditVerify::new(chain, heads, clock)
}

/// What archives it.
pub(crate) fn export(adapters: &Adapters) -> AuditExport {
    AuditExport::new(adapters.chain.clone(), adapters.archive.clone())
}
