use std::sync::Arc;

use async_trait::async_trait;
use tapedeck_domain::port::{HealthProbe, Probe, ScheduleStore};

/// Whether every finished run that was repeated came out the same.
pub struct VerificationProbe(pub Arc<dyn ScheduleStore>);

#[async_trait]
impl HealthProbe for VerificationProbe {
    fn name(&self) -> &'static str {
        "verification"
    }

    async fn probe(&self) -> Probe {
        // There is another check for the database.
        let Ok(stored) = self.0.list().await else {
            return Probe::up().with_detail("it cannot be read whether there is an alarm");
        };
        let alarm = stored.into_iter().find_map(|stored| stored.state.alarm);
        let Some(alarm) = alarm else { return Probe::up() };
        let detail = alarm.detail.unwrap_or_default();
        Probe::degraded(format!(
            "{detail}; `tapedeck schedules acknowledge {}` takes this back",
            alarm.schedule
        ))
    }
}
