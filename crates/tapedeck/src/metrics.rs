//! What a scrape shows: what this process has counted, and what is looked up at that moment.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures_util::future::{BoxFuture, Either, join4, select};
use tapedeck_application::{Readiness, ServerState};
use tapedeck_domain::job::Priority;
use tapedeck_domain::port::{ArtifactCatalog, AuditChain, Clock, ProbeStatus, QueueControl};
use tapedeck_telemetry::{Family, Registry, gauge, process_families, render};
use tokio::sync::Mutex;

/// The sums of this process; it has one set, however many applications a test starts in it.
pub(crate) fn registry() -> &'static Registry {
    static REGISTRY: OnceLock<Registry> = OnceLock::new();
    REGISTRY.get_or_init(|| {
        let registry = Registry::default();
        // It fails when somebody else counts already, who then keeps the sums.
        let _ = registry.install();
        registry
    })
}

/// Looks things up for a scrape.
pub(crate) struct Lookup {
    pub(crate) control: Arc<dyn QueueControl>,
    pub(crate) artifacts: Arc<dyn ArtifactCatalog>,
    pub(crate) chain: Arc<dyn AuditChain>,
    pub(crate) readiness: Readiness,
    pub(crate) clock: Arc<dyn Clock>,
    /// How long each look may take: a scrape does not hang because a database does.
    pub(crate) deadline: Duration,
    pub(crate) queue_limit: u64,
    /// What this process is, as labels.
    pub(crate) build: Vec<(&'static str, String)>,
}

/// Between two looks, whoever asks and however often.
const FRESH: Duration = Duration::from_secs(1);

/// A scrape, whose looks are shared by all who ask within a second.
pub(crate) struct Scraper {
    lookup: Lookup,
    last: Mutex<Option<(Duration, Vec<Family>)>>,
}

impl Scraper {
    pub(crate) fn new(lookup: Lookup) -> Arc<Self> {
        Arc::new(Self { lookup, last: Mutex::new(None) })
    }

    /// All metrics, at this moment.
    pub(crate) fn families(self: &Arc<Self>) -> BoxFuture<'static, Vec<Family>> {
        let this = Arc::clone(self);
        Box::pin(async move {
            let looked_up = this.looked_up().await;
            merged(registry().families(), looked_up)
        })
    }

    /// The same as text.
    pub(crate) fn text(self: &Arc<Self>) -> BoxFuture<'static, String> {
        let families = self.families();
        Box::pin(async move { render(&families.await) })
    }

    async fn looked_up(&self) -> Vec<Family> {
        let mut last = self.last.lock().await;
        let now = self.lookup.clock.monotonic();
        if let Some((at, families)) = last.as_ref()
            && now.saturating_sub(*at) < FRESH
        {
            return families.clone();
        }
        let families = self.lookup.look().await;
        *last = Some((self.lookup.clock.monotonic(), families.clone()));
        families
    }
}

/// The families of the table, with what was looked up in its place.
fn merged(mut families: Vec<Family>, looked_up: Vec<Family>) -> Vec<Family> {
    for found in looked_up {
        if let Some(family) = families.iter_mut().find(|family| family.metric == found.metric) {
            family.samples = found.samples;
        }
    }
    families
}

fn plain(name: &str, value: f64) -> Option<Family> {
    gauge(name, [(Vec::new(), value)])
}

impl Lookup {
    /// What does not answer in time is left out, so that nobody takes old figures for new ones.
    async fn look(&self) -> Vec<Family> {
        let (queue, storage) = (self.in_time(self.queue()), self.in_time(self.storage()));
        // Readiness has the same deadline itself, and says then what does not answer.
        let trail = self.in_time(self.trail());
        let (queue, storage, trail, checks) = join4(queue, storage, trail, self.checks()).await;
        let in_time = [queue, storage, trail].into_iter().flatten().flatten();
        let build = gauge("tapedeck_build_info", [(self.build.clone(), 1.0)]);
        in_time.chain(checks).chain(process_families()).chain(build).collect()
    }

    async fn in_time(&self, look: impl Future<Output = Vec<Family>>) -> Option<Vec<Family>> {
        futures_util::pin_mut!(look);
        match select(look, self.clock.sleep(self.deadline)).await {
            Either::Left((families, _)) => Some(families),
            Either::Right(_) => None,
        }
    }

    async fn queue(&self) -> Vec<Family> {
        let now = self.clock.now();
        let Ok(status) = self.control.status(now).await else { return Vec::new() };
        let age = status.oldest.map_or(0, |oldest| now.millis_since(oldest));
        let waiting = [Priority::Interactive, Priority::Batch].into_iter().flat_map(|priority| {
            let depth = status.of(priority);
            let labels = move |state: &str| {
                vec![("priority", priority.as_str().to_owned()), ("state", state.to_owned())]
            };
            [
                (labels("due"), depth.queued.saturating_sub(depth.scheduled) as f64),
                (labels("scheduled"), depth.scheduled as f64),
            ]
        });
        let all = [
            gauge("tapedeck_queue_jobs", waiting),
            plain("tapedeck_queue_running_jobs", status.running as f64),
            plain("tapedeck_queue_oldest_age_seconds", age as f64 / 1000.0),
            plain("tapedeck_queue_paused", f64::from(u8::from(status.pause.is_some()))),
            plain("tapedeck_queue_limit_jobs", self.queue_limit as f64),
        ];
        all.into_iter().flatten().collect()
    }

    async fn storage(&self) -> Vec<Family> {
        let Ok(usage) = self.artifacts.usage().await else { return Vec::new() };
        let all = [
            plain("tapedeck_storage_used_bytes", usage.used as f64),
            plain("tapedeck_storage_free_bytes", usage.free as f64),
            plain("tapedeck_storage_min_free_bytes", usage.min_free as f64),
            usage.quota.and_then(|quota| plain("tapedeck_storage_quota_bytes", quota as f64)),
        ];
        all.into_iter().flatten().collect()
    }

    async fn trail(&self) -> Vec<Family> {
        let Ok(unsealed) = self.chain.unsealed().await else { return Vec::new() };
        let now = self.clock.now();
        let age = unsealed.oldest.map_or(0, |oldest| now.millis_since(oldest));
        let overtaken = f64::from(u8::from(unsealed.overtaken.is_some()));
        let all = [
            plain("tapedeck_audit_unsealed_entries", unsealed.entries as f64),
            plain("tapedeck_audit_unsealed_age_seconds", age as f64 / 1000.0),
            plain("tapedeck_audit_overtaken", overtaken),
        ];
        all.into_iter().flatten().collect()
    }

    async fn checks(&self) -> Vec<Family> {
        let checks = self.readiness.checks().await;
        let ready = ServerState::of(&checks, false).is_ready();
        let configured = checks.iter().filter_map(|check| match check.probe.status {
            ProbeStatus::Up | ProbeStatus::Degraded => Some((check.name, 1.0)),
            ProbeStatus::Down => Some((check.name, 0.0)),
            ProbeStatus::NotConfigured => None,
        });
        let up = configured.map(|(name, up)| (vec![("dependency", name.to_owned())], up));
        let up: Vec<_> = up.collect();
        let ready = plain("tapedeck_ready", f64::from(u8::from(ready)));
        let degraded =
            checks.iter().filter(|check| check.probe.status != ProbeStatus::NotConfigured);
        let degraded = degraded.map(|check| {
            let is_so = check.probe.status == ProbeStatus::Degraded;
            (vec![("dependency", check.name.to_owned())], f64::from(u8::from(is_so)))
        });
        let all = [gauge("tapedeck_up", up), gauge("tapedeck_degraded", degraded), ready];
        all.into_iter().flatten().collect()
    }
}
