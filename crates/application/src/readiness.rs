//! Whether everything that the server depends on can be used.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, join_all, select};
use tapedeck_domain::port::{Clock, HealthProbe, Migrations, Probe, ProbeStatus};

/// Whether everything that the server depends on can be used.
#[derive(Clone)]
pub struct Readiness {
    probes: Arc<[Arc<dyn HealthProbe>]>,
    clock: Arc<dyn Clock>,
    deadline: Duration,
}

/// What one probe found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// Which one.
    pub name: &'static str,
    /// What it found.
    pub probe: Probe,
    /// How long it took.
    pub latency: Duration,
}

impl Readiness {
    /// With these probes, each of which may take until `deadline`.
    pub fn new(
        probes: Vec<Arc<dyn HealthProbe>>,
        clock: Arc<dyn Clock>,
        deadline: Duration,
    ) -> Self {
        Self { probes: probes.into(), clock, deadline }
    }

    /// All checks, side by side: whatever hangs, this takes no longer than the deadline.
    pub async fn checks(&self) -> Vec<Check> {
        join_all(self.probes.iter().map(|probe| self.check(probe.as_ref()))).await
    }

    /// One check by its name; `None` when there is none of this name.
    pub async fn named(&self, name: &str) -> Option<Check> {
        let probe = self.probes.iter().find(|probe| probe.name() == name)?;
        Some(self.check(probe.as_ref()).await)
    }

    async fn check(&self, probe: &dyn HealthProbe) -> Check {
        let start = self.clock.monotonic();
        let found = match select(probe.probe(), self.clock.sleep(self.deadline)).await {
            Either::Left((found, _)) => found,
            Either::Right(((), _)) => {
                Probe::down(format!("no answer within {} ms", self.deadline.as_millis()))
            }
        };
        let latency = self.clock.monotonic().saturating_sub(start);
        Check { name: probe.name(), probe: found, latency }
    }
}

/// What a server is doing, for whoever decides where requests and jobs go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerState {
    /// It does its work.
    Serving,
    /// So it does, and something that it could do without is missing or wrong.
    Degraded,
    /// Something that it needs is down.
    Unavailable,
    /// It is about to stop.
    Draining,
}

impl ServerState {
    /// By what its checks found.
    pub fn of(checks: &[Check], draining: bool) -> Self {
        let is = |status| checks.iter().any(|check| check.probe.status == status);
        if draining {
            Self::Draining
        } else if is(ProbeStatus::Down) {
            Self::Unavailable
        } else if is(ProbeStatus::Degraded) {
            Self::Degraded
        } else {
            Self::Serving
        }
    }

    /// Whether it can be given work.
    pub const fn is_ready(self) -> bool {
        matches!(self, Self::Serving | Self::Degraded)
    }

    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Serving => "serving",
            Self::Degraded => "degraded",
            Self::Unavailable => "unavailable",
            Self::Draining => "draining",
        }
    }
}

/// Whether the schema of the store has what this build needs. One that a newer build has added to
/// is as good: so processes keep serving while they are replaced one by one.
pub struct MigrationsProbe(pub Arc<dyn Migrations>);

#[async_trait::async_trait]
impl HealthProbe for MigrationsProbe {
    fn name(&self) -> &'static str {
        "migrations"
    }

    async fn probe(&self) -> Probe {
        let Ok(status) = self.0.status().await else {
            return Probe::down("the schema's version cannot be read");
        };
        let applied = status.applied.last().map_or("none", String::as_str);
        let breaking = status.breaking();
        let known = status.applied.iter().chain(&status.pending);
        let expected = known.max().map_or("none", String::as_str);
        let versions = format!("applied {applied}, expected {expected}");
        if !breaking.is_empty() {
            let breaking = breaking.join(", ");
            return Probe::down(format!("{versions}; too new for this build: {breaking}"));
        }
        if !status.pending.is_empty() {
            let pending = status.pending.join(", ");
            return Probe::down(format!(
                "{versions}; pending: {pending}; `tapedeck migrate up` applies them"
            ));
        }
        if !status.unknown.is_empty() {
            let added = status.unknown.join(", ");
            return Probe::up().with_detail(format!("{versions}; a newer build added {added}"));
        }
        Probe::up().with_detail(versions)
    }
}
