//! A sign of life of the worker, for readiness.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use tapedeck_domain::port::{Clock, HealthProbe, Probe};

/// When the worker last looked at its queue. Cloning shares it.
#[derive(Debug, Clone, Default)]
pub struct Pulse(Arc<AtomicU64>);

impl Pulse {
    pub(crate) fn beat(&self, now: Duration) {
        self.0.store(u64::try_from(now.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    fn last(&self) -> Duration {
        Duration::from_millis(self.0.load(Ordering::Relaxed))
    }
}

/// Whether the worker looks at its queue.
pub struct WorkerProbe {
    /// Of the worker.
    pub pulse: Pulse,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

/// A worker looks every second; one that did not for so long hangs.
const STALLED: Duration = Duration::from_secs(15);

#[async_trait]
impl HealthProbe for WorkerProbe {
    fn name(&self) -> &'static str {
        "executor"
    }

    async fn probe(&self) -> Probe {
        let silence = self.clock.monotonic().saturating_sub(self.pulse.last());
        if silence < STALLED {
            Probe::up()
        } else {
            Probe::down(format!("the worker has not looked for {} s", silence.as_secs()))
        }
    }
}
