//! From adapters to use cases, and from those to what serves and what works.

use std::sync::Arc;
use std::time::Duration;

use tapedeck_application::{
    About, Access, AccessPorts, AuditTrail, Cancel, ConfiguredValue, Datasets, EventLog, Inspect,
    Keys, LiveLimits, OfKind, Prepare, QueueSwitch, Readiness, Remove, RemoveSweep, Rerun, Results,
    RunOne, SandboxProbe, ScheduleOptions, SealPulse, ServerLimits, Strategies, Submit,
    SubmitSweep, SweepLimits, SweepResults, System, Verify,
};
use tapedeck_config::{Effective, ExecutorSettings, Role, Settings, SweepSettings};
use tapedeck_domain::job::{JobKind, Limits};
use tapedeck_domain::manifest::Build;
use tapedeck_domain::port::{ClaimLimits, HealthProbe};
use tapedeck_http::{ModuleOptions, Services, SweepServices};
use tapedeck_worker::{NoWorker, Pulse, Refresher, Worker, WorkerOptions, WorkerProbe};
use tokio_util::sync::CancellationToken;

use crate::adapters::Adapters;
use crate::live::Live;
use crate::metrics::{Lookup, Scraper};
use crate::{build_info, samples};

/// Adapters and the use cases that the command line shares with the server.
pub(crate) struct Components {
    pub(crate) adapters: Adapters,
    pub(crate) datasets: Datasets,
    pub(crate) prepare: Prepare,
    limits: LiveLimits,
    pub(crate) live: Live,
    configuration: Arc<[ConfiguredValue]>,
    /// Who calls; nothing is known of it until it is refreshed.
    pub(crate) access: Access,
    strategies: Strategies,
    pub(crate) schedule_options: ScheduleOptions,
    sweep_limits: SweepLimits,
    modules: ModuleOptions,
    pulse: Pulse,
    pub(crate) seal_pulse: SealPulse,
    readiness_deadline: Duration,
    role: Role,
    request_timeout: Duration,
}

impl Components {
    /// Over the real adapters.
    pub(crate) async fn open(settings: &Settings) -> anyhow::Result<Self> {
        Self::over(Adapters::open(settings).await?, settings).await
    }

    /// Over `adapters`; an empty catalog is filled with the sample data.
    pub(crate) async fn over(adapters: Adapters, settings: &Settings) -> anyhow::Result<Self> {
        let Adapters { dataset_catalog, datasets: store, clock, .. } = &adapters;
        let datasets = Datasets::new(dataset_catalog.clone(), store.clone(), clock.clone());
        samples::install(&datasets).await?;
        let (built_in, stored) = (&adapters.strategies, &adapters.stored_strategies);
        let (modules, inspector) = (adapters.modules.clone(), adapters.module_inspector.clone());
        let strategies =
            Strategies::new(built_in.clone(), stored.clone(), modules, inspector, clock.clone());
        let access = Access::new(access_ports(&adapters));
        let live = Live::open(&adapters, settings).await;
        let limits = LiveLimits::new(server_limits(&settings.executor), live.flags.clone());
        let prepare = Prepare::new(
            dataset_catalog.clone(),
            store.clone(),
            strategies.clone(),
            clock.clone(),
            limits.clone(),
        );
        let (pulse, readiness_deadline) = (Pulse::default(), settings.readiness.deadline);
        let sweep_limits = sweep_limits(settings.sweep);
        Ok(Self {
            adapters,
            datasets,
            prepare,
            live,
            limits,
            configuration: configuration(settings),
            access,
            strategies,
            schedule_options: crate::schedules::options(settings),
            sweep_limits,
            modules: ModuleOptions {
                max_bytes: settings.sandbox.max_module_bytes,
                patience: settings.sandbox.compile_timeout,
            },
            pulse,
            seal_pulse: SealPulse::default(),
            readiness_deadline,
            role: settings.server.role,
            request_timeout: settings.server.request_timeout,
        })
    }

    /// What the routes work with.
    pub(crate) fn services(&self, stop: CancellationToken, scraper: &Arc<Scraper>) -> Services {
        let scraper = Arc::clone(scraper);
        let Adapters { jobs, catalog, feed, clock, ids, reports, datasets, .. } =
            self.adapters.clone();
        let jobs = Arc::new(OfKind::new(jobs, catalog, JobKind::Backtest));
        let catalog = jobs.clone();
        let Adapters { inspector, strategies, tables, verifier, .. } = self.adapters.clone();
        let submit = self.submit();
        let results = Results::new(jobs.clone(), reports.clone(), datasets.clone());
        let inspect = Inspect::new(jobs.clone(), catalog, feed, clock.clone());
        let queue_limit = self.prepare.server_limits().queue;
        let Adapters { control, audit, .. } = self.adapters.clone();
        Services {
            sweeps: self.sweeps(),
            rerun: Rerun::new(results.clone(), datasets, strategies, submit.clone()),
            verify: Verify::new(results.clone(), verifier, clock.clone()),
            submit,
            inspector,
            tables,
            events: EventLog::new(inspect.clone()),
            inspect,
            queue: QueueSwitch::new(control, clock.clone(), queue_limit),
            access: self.access.clone(),
            keys: self.keys(),
            schedules: self.schedules(),
            audit: AuditTrail::new(audit),
            audit_verify: self.audit_verify(),
            cancel: Cancel::new(jobs.clone(), clock.clone()),
            remove: Remove::new(jobs, reports, clock.clone()),
            results,
            datasets: self.datasets.clone(),
            readiness: self.readiness(),
            system: self.system(),
            flags: self.live.flags.clone(),
            log_level: self.live.log_level.clone(),
            metrics: Arc::new(move || scraper.text()),
            strategies: self.strategies.clone(),
            modules: self.modules,
            request_timeout: self.request_timeout,
            runtime: tokio::runtime::Handle::current(),
            stop,
            clock,
            ids,
        }
    }

    /// Make keys, list them, take them back.
    pub(crate) fn keys(&self) -> Keys {
        Keys::new(self.access.clone())
    }

    fn system(&self) -> System {
        let about = About {
            build: build_info::build(),
            engine_version: self.adapters.strategies.engine_version(),
            role: self.role.as_str(),
            configuration: self.configuration.clone(),
        };
        System::new(about, self.limits.clone(), self.adapters.isolation.clone())
    }

    /// What this process measures.
    pub(crate) fn scraper(&self) -> Arc<Scraper> {
        let Build { version, revision, .. } = build_info::build();
        let engine_version = self.adapters.strategies.engine_version().to_owned();
        Scraper::new(Lookup {
            control: self.adapters.control.clone(),
            artifacts: self.adapters.artifacts.clone(),
            chain: self.adapters.chain.clone(),
            readiness: self.readiness(),
            clock: self.adapters.clock.clone(),
            deadline: self.readiness_deadline,
            queue_limit: self.prepare.server_limits().queue,
            build: vec![
                ("version", version),
                ("engine_version", engine_version),
                ("commit", revision),
                ("role", self.role.as_str().to_owned()),
            ],
        })
    }

    fn submit(&self) -> Submit {
        let Adapters { jobs, artifacts, clock, ids, .. } = self.adapters.clone();
        Submit::new(self.prepare.clone(), jobs, artifacts, clock, ids)
    }

    fn sweeps(&self) -> SweepServices {
        let Adapters { jobs, catalog, feed, clock, sweeps, .. } = self.adapters.clone();
        let jobs = Arc::new(OfKind::new(jobs, catalog, JobKind::Sweep));
        let inspect = Inspect::new(jobs.clone(), jobs.clone(), feed, clock.clone());
        SweepServices {
            submit: SubmitSweep::new(self.prepare.clone(), self.submit(), self.sweep_limits),
            events: EventLog::new(inspect.clone()),
            inspect,
            cancel: Cancel::new(jobs.clone(), clock.clone()),
            remove: RemoveSweep::new(jobs.clone(), sweeps.clone(), clock.clone()),
            results: SweepResults::new(jobs, sweeps),
        }
    }

    fn readiness(&self) -> Readiness {
        let clock = self.adapters.clock.clone();
        let mut probes = self.adapters.probes.clone();
        probes.push(Arc::new(SandboxProbe(self.adapters.isolation.clone())));
        probes.push(self.executor_probe());
        probes.push(self.verification_probe());
        probes.push(self.seal_probe());
        Readiness::new(probes, clock, self.readiness_deadline)
    }

    fn executor_probe(&self) -> Arc<dyn HealthProbe> {
        let (control, clock) = (self.adapters.control.clone(), self.adapters.clock.clone());
        let (pulse, patience) = (self.pulse.clone(), self.readiness_deadline / 2);
        match self.role {
            Role::All | Role::Worker => Arc::new(WorkerProbe { pulse, control, clock, patience }),
            Role::Api => Arc::new(NoWorker { control, clock, patience }),
        }
    }

    /// What keeps up with what is changed at run time.
    pub(crate) fn refresher(&self) -> Refresher {
        let Live { overrides, flags, log_level } = self.live.clone();
        Refresher { overrides, flags, log_level, clock: self.adapters.clock.clone() }
    }

    /// What runs the jobs, if this process does.
    pub(crate) fn worker(&self, executor: &ExecutorSettings) -> Option<Worker> {
        match self.role {
            Role::All | Role::Worker => Some(self.worker_of(executor)),
            Role::Api => None,
        }
    }

    fn worker_of(&self, executor: &ExecutorSettings) -> Worker {
        self.adapters.runner.get_ready();
        let Adapters { jobs, queue, feed, clock, ids, .. } = self.adapters.clone();
        let run_one = RunOne {
            store: jobs.clone(),
            reports: self.adapters.reports.clone(),
            sweeps: self.adapters.sweeps.clone(),
            runner: self.adapters.runner.clone(),
            sweep_runner: self.adapters.sweep_runner.clone(),
            clock: clock.clone(),
            build: build_info::build(),
        };
        let options = WorkerOptions {
            max_concurrent: executor.max_concurrent,
            lease: executor.lease,
            max_attempts: executor.max_attempts,
            limits: ClaimLimits {
                running: executor.max_running,
                per_strategy: executor.max_running_per_strategy,
            },
            drain: executor.drain,
        };
        let pulse = self.pulse.clone();
        Worker { queue, store: jobs, feed, clock, ids, run_one, options, pulse }
    }
}

/// What holds, as it may be shown.
fn configuration(settings: &Settings) -> Arc<[ConfiguredValue]> {
    let shown = |effective: &Effective| ConfiguredValue {
        key: effective.key,
        name: effective.name.clone(),
        value: effective.value.clone(),
        source: effective.origin.to_string(),
    };
    settings.effective.iter().map(shown).collect()
}

fn access_ports(adapters: &Adapters) -> AccessPorts {
    let Adapters { keys, tickets, clock, ids, entropy, .. } = adapters.clone();
    AccessPorts { keys, tickets, clock, ids, entropy }
}

fn server_limits(executor: &ExecutorSettings) -> ServerLimits {
    let timeout_ms = u64::try_from(executor.timeout.as_millis()).unwrap_or(u64::MAX);
    let run = Limits {
        timeout_ms,
        memory_mb: executor.memory_mb,
        cpu_ms: executor.cpu_ms,
        bars: executor.bars,
        orders: executor.orders,
        log_lines: executor.log_lines,
        output_bytes: executor.output_bytes,
    };
    ServerLimits { run, queue: executor.queue_limit }
}

fn sweep_limits(settings: SweepSettings) -> SweepLimits {
    SweepLimits { combinations: settings.max_combinations, values: settings.max_values }
}
