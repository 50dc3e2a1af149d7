//! From settings to what is done by itself, and when.

use std::collections::HashMap;
use std::sync::Arc;

use tapedeck_application::{
    AuditExportTask, Conductor, MaintenanceTask, MarketDataRefresh, OfKind, Results, RetentionTask,
    ScheduleOptions, ScheduleSetup, ScheduledTask, Schedules, VerificationProbe, Verify,
    VerifySample,
};
use tapedeck_config::{MarketDataSettings, ScheduleSettings, Settings};
use tapedeck_domain::job::JobKind;
use tapedeck_domain::port::HealthProbe;
use tapedeck_domain::schedule::{ScheduleName, Timetable};
use tapedeck_worker::{ReapLostJobs, Scheduler};

use crate::adapters::Adapters;
use crate::components::Components;

/// How all schedules are configured.
pub(crate) fn options(settings: &Settings) -> ScheduleOptions {
    let ScheduleSettings { timezone, jitter, crons } = &settings.schedules;
    let setup = |name| {
        let cron = crons.get(&name).and_then(Option::as_ref);
        let ticks = cron.map(|cron| {
            let times: Arc<dyn Timetable> = cron.times.clone();
            (cron.text.clone(), times)
        });
        ScheduleSetup { name, ticks, configured: is_configured(name, &settings.market_data) }
    };
    ScheduleOptions {
        setups: ScheduleName::ALL.map(setup).into(),
        jitter: *jitter,
        timezone: timezone.to_string().into(),
    }
}

fn is_configured(name: ScheduleName, market_data: &MarketDataSettings) -> bool {
    match name {
        ScheduleName::MarketDataRefresh => {
            market_data.url.is_some() && !market_data.datasets.is_empty()
        }
        ScheduleName::Retention
        | ScheduleName::ReapLostJobs
        | ScheduleName::AuditExport
        | ScheduleName::DatabaseMaintenance
        | ScheduleName::VerifySample => true,
    }
}

impl Components {
    /// Look at schedules, and change them.
    pub(crate) fn schedules(&self) -> Schedules {
        let Adapters { schedules, clock, ids, .. } = self.adapters.clone();
        Schedules::new(schedules, clock, ids, self.schedule_options.clone())
    }

    /// Whether there is an alarm.
    pub(crate) fn verification_probe(&self) -> Arc<dyn HealthProbe> {
        Arc::new(VerificationProbe(self.adapters.schedules.clone()))
    }

    /// What does it all.
    pub(crate) fn scheduler(&self, settings: &Settings) -> Scheduler {
        let Adapters { schedules, clock, ids, .. } = self.adapters.clone();
        let options = self.schedule_options.clone();
        let conductor = Conductor::new(schedules, clock.clone(), ids, options);
        let tasks = ScheduleName::ALL.map(|name| Some((name, self.task(name, settings)?)));
        let tasks: HashMap<_, _> = tasks.into_iter().flatten().collect();
        Scheduler { conductor, tasks, clock, lease: settings.executor.lease }
    }

    /// `None` where there is nothing that it could work on.
    fn task(&self, name: ScheduleName, settings: &Settings) -> Option<Arc<dyn ScheduledTask>> {
        let adapters = self.adapters.clone();
        Some(match name {
            ScheduleName::MarketDataRefresh => Arc::new(MarketDataRefresh {
                service: adapters.market_data?,
                datasets: self.datasets.clone(),
                ids: settings.market_data.datasets.clone(),
                clock: adapters.clock,
            }),
            ScheduleName::Retention => Arc::new(RetentionTask(self.retention(&settings.retention))),
            ScheduleName::ReapLostJobs => Arc::new(ReapLostJobs {
                queue: adapters.queue,
                store: adapters.jobs,
                clock: adapters.clock,
                lease: settings.executor.lease,
                max_attempts: settings.executor.max_attempts,
            }),
            ScheduleName::AuditExport => Arc::new(AuditExportTask(crate::audit::export(&adapters))),
            ScheduleName::DatabaseMaintenance => Arc::new(MaintenanceTask(adapters.maintenance)),
            ScheduleName::VerifySample => Arc::new(self.verify_sample()),
        })
    }

    fn verify_sample(&self) -> VerifySample {
        let Adapters { jobs, catalog, reports, datasets, verifier, clock, ids, .. } =
            self.adapters.clone();
        let jobs = Arc::new(OfKind::new(jobs, catalog.clone(), JobKind::Backtest));
        let results = Results::new(jobs, reports, datasets);
        VerifySample { verify: Verify::new(results, verifier, clock), catalog, ids }
    }
}
