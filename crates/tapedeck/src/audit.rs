//! From adapters to what seals, verifies and archives the audit trail.

use std::sync::Arc;

use tapedeck_application::{AuditExport, AuditSeal, AuditVerify, SealProbe};
use tapedeck_domain::port::HealthProbe;
use tapedeck_worker::Sealer;

use crate::adapters::Adapters;
use crate::components::Components;

impl Components {
    /// What finds out whether anybody changed the audit trail.
    pub(crate) fn audit_verify(&self) -> AuditVerify {
        verify(&self.adapters)
    }

    /// Whether it is sealed.
    pub(crate) fn seal_probe(&self) -> Arc<dyn HealthProbe> {
        let (pulse, clock) = (self.seal_pulse.clone(), self.adapters.clock.clone());
        Arc::new(SealProbe { pulse, clock })
    }

    /// What seals it.
    pub(crate) fn sealer(&self) -> Sealer {
        let Adapters { chain, heads, clock, .. } = self.adapters.clone();
        let pulse = self.seal_pulse.clone();
        Sealer { seal: AuditSeal::new(chain, heads, clock.clone(), pulse), clock }
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
