use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use tapedeck_domain::port::{Clock, HealthProbe, Probe};

/// When this process last got on with sealing the audit trail, or saw that nothing waits for it.
/// Cloning shares it.
#[derive(Debug, Clone, Default)]
pub struct SealPulse(Arc<AtomicU64>);

impl SealPulse {
    pub(super) fn beat(&self, now: Duration) {
        self.0.store(u64::try_from(now.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    fn last(&self) -> Duration {
        Duration::from_millis(self.0.load(Ordering::Relaxed))
    }
}

/// Whether the audit trail is sealed as it grows.
pub struct SealProbe {
    /// Of what seals it.
    pub pulse: SealPulse,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

/// Entries are sealed within a second.
const LATE: Duration = Duration::from_secs(60);

#[async_trait]
impl HealthProbe for SealProbe {
    fn name(&self) -> &'static str {
        "audit_trail"
    }

    async fn probe(&self) -> Probe {
        let silence = self.clock.monotonic().saturating_sub(self.pulse.last());
        if silence < LATE {
            return Probe::up();
        }
        Probe::degraded(format!(
            "nothing was sealed for {} s; `tapedeck audit verify` says what waits",
            silence.as_secs()
        ))
    }
}
