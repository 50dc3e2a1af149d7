//! A sign of life of the worker, for readiness.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::{Either, select};
use tapedeck_domain::port::{Clock, HealthProbe, Probe, QueueControl, QueueStatus};
use tapedeck_domain::time::Timestamp;

/// When the worker last looked at its queue, and what it saw of others. Cloning shares it.
#[derive(Debug, Clone, Default)]
pub struct Pulse(Arc<Signs>);

#[derive(Debug, Default)]
struct Signs {
    looked: AtomicU64,
    stalled: AtomicU64,
}

impl Pulse {
    pub(crate) fn beat(&self, now: Duration) {
        self.0.looked.store(u64::try_from(now.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    fn last(&self) -> Duration {
        Duration::from_millis(self.0.looked.load(Ordering::Relaxed))
    }

    /// So many leases of any process have not been renewed for half of their lives.
    pub(crate) fn stalled(&self, leases: u64) {
        self.0.stalled.store(leases, Ordering::Relaxed);
    }
}

/// Whether the worker looks at its queue, and how that stands.
pub struct WorkerProbe {
    /// Of the worker.
    pub pulse: Pulse,
    /// How the queue stands.
    pub control: Arc<dyn QueueControl>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// How long the queue has for an answer. One that has none is not the worker's fault: there
    /// is another check for the database.
    pub patience: Duration,
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
        if silence >= STALLED {
            return Probe::down(format!("the worker has not looked for {} s", silence.as_secs()));
        }
        let queue = queue(self.control.as_ref(), self.clock.as_ref(), self.patience).await;
        match self.pulse.0.stalled.load(Ordering::Relaxed) {
            0 => Probe::up().with_detail(queue),
            1 => Probe::degraded(format!("{queue}; 1 run stalled: its lease is not renewed")),
            n => {
                Probe::degraded(format!("{queue}; {n} runs stalled: their leases are not renewed"))
            }
        }
    }
}

/// How the queue stands, in a sentence.
async fn queue(control: &dyn QueueControl, clock: &dyn Clock, patience: Duration) -> String {
    let now = clock.now();
    match select(control.status(now), clock.sleep(patience)).await {
        Either::Left((Ok(status), _)) => sentence(&status, now),
        Either::Left((Err(_), _)) => "the queue cannot be read".to_owned(),
        Either::Right(_) => "the queue does not answer".to_owned(),
    }
}

/// Such as `3 queued, 2 running; oldest waits 4 s`.
fn sentence(status: &QueueStatus, now: Timestamp) -> String {
    let mut text = format!("{} queued, {} running", status.queued, status.running);
    if status.scheduled > 0 {
        text.push_str(&format!("; {} for later", status.scheduled));
    }
    if let Some(oldest) = status.oldest {
        text.push_str(&format!("; oldest waits {} s", now.millis_since(oldest) / 1000));
    }
    match &status.pause {
        Some(pause) => format!("paused by {} since {}; {text}", pause.by, pause.at),
        None => text,
    }
}

/// Of a process that has no worker, and knows all the same how the queue stands.
pub struct NoWorker {
    /// How the queue stands.
    pub control: Arc<dyn QueueControl>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// How long the queue has for an answer.
    pub patience: Duration,
}

#[async_trait]
impl HealthProbe for NoWorker {
    fn name(&self) -> &'static str {
        "executor"
    }

    async fn probe(&self) -> Probe {
        let queue = queue(self.control.as_ref(), self.clock.as_ref(), self.patience).await;
        Probe::not_configured().with_detail(format!("this process answers requests only; {queue}"))
    }
}
