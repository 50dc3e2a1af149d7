//! What the server does by itself: look at it, change it, and have it done.

mod conductor;
mod control;
mod market_data;
mod probe;
mod task;
mod verify_sample;

use std::sync::Arc;
use std::time::Duration;

use tapedeck_domain::port::{RecordedRun, ScheduleStore, StorageError};
use tapedeck_domain::schedule::{ScheduleName, ScheduleState, Timetable, next_tick};
use tapedeck_domain::time::Timestamp;

pub use conductor::{Conductor, Observed};
pub use control::{Schedules, TriggerError};
pub use market_data::MarketDataRefresh;
pub use probe::VerificationProbe;
pub use task::{
    AuditExportTask, MaintenanceTask, RetentionTask, ScheduledTask, TaskEnd, TaskError,
};
pub use verify_sample::VerifySample;

/// How the schedules are configured.
#[derive(Clone)]
pub struct ScheduleOptions {
    /// Each of them, by name.
    pub setups: Arc<[ScheduleSetup]>,
    /// How late a tick may be begun on purpose.
    pub jitter: Duration,
    /// The time zone of their expressions.
    pub timezone: Arc<str>,
}

/// How one schedule is configured.
#[derive(Clone)]
pub struct ScheduleSetup {
    /// Which one.
    pub name: ScheduleName,
    /// Its cron expression, and when that is due; `None` where it is switched off.
    pub ticks: Option<(Arc<str>, Arc<dyn Timetable>)>,
    /// Whether there is anything that it could work on.
    pub configured: bool,
}

/// Whether a schedule has ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScheduleStatus {
    /// It has.
    Active,
    /// Somebody has paused it.
    Paused,
    /// The configuration says `off`.
    Off,
    /// There is nothing that it could work on.
    NotConfigured,
}

impl ScheduleStatus {
    /// As text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Off => "off",
            Self::NotConfigured => "not_configured",
        }
    }
}

/// A schedule at a moment.
#[derive(Clone)]
pub struct ScheduleView {
    /// How it is configured.
    pub setup: ScheduleSetup,
    /// The time zone of its expression.
    pub timezone: Arc<str>,
    /// How it stands.
    pub state: ScheduleState,
    /// Whether it has ticks.
    pub status: ScheduleStatus,
    /// Its next tick.
    pub next_at: Option<Timestamp>,
    /// Its latest run.
    pub latest: Option<RecordedRun>,
}

impl ScheduleSetup {
    fn timetable(&self) -> Option<&dyn Timetable> {
        self.ticks.as_ref().filter(|_| self.configured).map(|(_, timetable)| timetable.as_ref())
    }

    fn status(&self, state: &ScheduleState) -> ScheduleStatus {
        match self {
            Self { configured: false, .. } => ScheduleStatus::NotConfigured,
            Self { ticks: None, .. } => ScheduleStatus::Off,
            Self { .. } if state.pause.is_some() => ScheduleStatus::Paused,
            Self { .. } => ScheduleStatus::Active,
        }
    }

    fn next_tick(&self, state: &ScheduleState, now: Timestamp) -> Option<Timestamp> {
        next_tick(state, self.timetable()?, now)
    }
}

/// Changes that others made meanwhile, after which one gives up.
const TRIES: usize = 32;

/// The state of a schedule; one that is not there yet is added.
async fn state_of(
    store: &dyn ScheduleStore,
    name: ScheduleName,
    now: Timestamp,
) -> Result<ScheduleState, StorageError> {
    for _ in 0..TRIES {
        let stored = store.list().await?;
        if let Some(found) = stored.into_iter().find(|stored| stored.state.name == name) {
            return Ok(found.state);
        }
        let new = ScheduleState::new(name, now);
        if store.commit(new.clone().added()).await?.is_ok() {
            return Ok(new);
        }
    }
    Err(contended(name))
}

fn contended(name: ScheduleName) -> StorageError {
    StorageError::unavailable(format!("the schedule {name} changes all the time"))
}
