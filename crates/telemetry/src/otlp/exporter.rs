//! Sends what was taken up, in batches.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tapedeck_domain::port::Clock;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::collector::Collector;
use super::json::{self, Sender};
use super::layer::{Ended, SpanSource};
use crate::metrics::Family;

/// Spans of one message, at most.
const BATCH: usize = 512;
/// How long the last batches have when the process stops.
const FAREWELL: Duration = Duration::from_secs(2);

/// Looks all metrics up.
pub type Reading = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = Vec<Family>> + Send>> + Send + Sync>;

/// Sends spans and sums to a collector, every so often.
pub struct Exporter {
    /// Where to.
    pub collector: Collector,
    /// How often.
    pub every: Duration,
    /// The name of the service.
    pub service: String,
    /// Its version.
    pub version: String,
    /// What tells its processes apart.
    pub instance: String,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// The sums.
    pub metrics: Reading,
}

/// A running exporter.
pub struct ExporterHandle {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
    clock: Arc<dyn Clock>,
}

impl ExporterHandle {
    /// Sends what is left, unless that takes long.
    pub async fn finish(self) {
        // One that is gone has nothing left.
        let _ = self.stop.send(());
        tokio::select! {
            _ = self.task => {}
            () = self.clock.sleep(FAREWELL) => {}
        }
    }
}

impl Exporter {
    /// Starts it.
    pub fn start(self, spans: SpanSource) -> ExporterHandle {
        let (stop, stopped) = oneshot::channel();
        let clock = Arc::clone(&self.clock);
        let sender = Sender {
            service: self.service.clone(),
            version: self.version.clone(),
            instance: self.instance.clone(),
        };
        let started_ns = self.clock.now().as_nanos();
        let work = Work { exporter: self, sender, spans, started_ns, is_away: false };
        ExporterHandle { stop, task: tokio::spawn(work.run(stopped)), clock }
    }
}

struct Work {
    exporter: Exporter,
    sender: Sender,
    spans: SpanSource,
    started_ns: i64,
    /// Whether the collector did not take the last message.
    is_away: bool,
}

impl Work {
    async fn run(mut self, mut stopped: oneshot::Receiver<()>) {
        let mut batch = Vec::with_capacity(BATCH);
        let mut due = self.exporter.clock.monotonic() + self.exporter.every;
        let mut is_open = true;
        loop {
            let wait = due.saturating_sub(self.exporter.clock.monotonic());
            let room = BATCH - batch.len();
            let has_stopped = tokio::select! {
                biased;
                _ = &mut stopped => true,
                () = self.exporter.clock.sleep(wait) => false,
                taken = self.spans.0.recv_many(&mut batch, room), if is_open => {
                    is_open = taken > 0;
                    if batch.len() == BATCH {
                        self.send_spans(&mut batch).await;
                    }
                    continue;
                }
            };
            self.send_all(&mut batch).await;
            if has_stopped {
                return;
            }
            due = self.exporter.clock.monotonic() + self.exporter.every;
        }
    }

    async fn send_all(&mut self, batch: &mut Vec<Ended>) {
        while let Ok(span) = self.spans.0.try_recv() {
            batch.push(span);
            if batch.len() == BATCH {
                self.send_spans(batch).await;
            }
        }
        self.send_spans(batch).await;
        self.send_metrics().await;
    }

    async fn send_spans(&mut self, batch: &mut Vec<Ended>) {
        if batch.is_empty() {
            return;
        }
        let message = json::traces(&self.sender, batch);
        let count = batch.len() as u64;
        batch.clear();
        if !self.send("traces", &message).await {
            metrics::counter!("tapedeck_telemetry_spans_dropped_total").increment(count);
        }
    }

    async fn send_metrics(&mut self) {
        let families = (self.exporter.metrics)().await;
        let now_ns = self.exporter.clock.now().as_nanos();
        let message = json::metrics(&self.sender, &families, self.started_ns, now_ns);
        self.send("metrics", &message).await;
    }

    /// Whether it was taken. Says once that the collector is away, and once that it is back.
    async fn send(&mut self, signal: &'static str, message: &Value) -> bool {
        let sent = self.exporter.collector.send(signal, message).await;
        let was_away = std::mem::replace(&mut self.is_away, sent.is_err());
        let outcome = match &sent {
            Ok(()) => "sent",
            Err(_) => "failed",
        };
        let labels = [("signal", signal), ("outcome", outcome)];
        metrics::counter!("tapedeck_telemetry_exports_total", &labels).increment(1);
        match sent {
            Ok(()) if was_away => tracing::info!("the collector takes telemetry again"),
            Err(why) if !was_away => {
                tracing::warn!(error = why, "the collector does not take telemetry; it is dropped");
            }
            Ok(()) | Err(_) => {}
        }
        !self.is_away
    }
}
