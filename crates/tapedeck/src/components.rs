//! From adapters to use cases, and from those to what serves and what works.

use std::sync::Arc;
use std::time::Duration;

use tapedeck_application::{
    Cancel, Datasets, Inspect, OfKind, Prepare, Readiness, Remove, RemoveSweep, Rerun, Results,
    RunOne, ServerLimits, Strategies, Submit, SubmitSweep, SweepLimits, SweepResults, Verify,
};
use tapedeck_config::{ExecutorSettings, Settings, SweepSettings};
use tapedeck_domain::job::{JobKind, Limits};
use tapedeck_http::{Services, SweepServices};
use tapedeck_worker::{Pulse, Worker, WorkerOptions, WorkerProbe};
use tokio_util::sync::CancellationToken;

use crate::adapters::Adapters;
use crate::{build_info, samples};

/// Adapters and the use cases that the command line shares with the server.
pub(crate) struct Components {
    pub(crate) adapters: Adapters,
    pub(crate) datasets: Datasets,
    pub(crate) prepare: Prepare,
    strategies: Strategies,
    sweep_limits: SweepLimits,
    pulse: Pulse,
    readiness_deadline: Duration,
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
        let strategies = Strategies::new(built_in.clone(), stored.clone(), clock.clone());
        let limits = server_limits(&settings.executor);
        let prepare =
            Prepare::new(dataset_catalog.clone(), store.clone(), strategies.clone(), limits);
        let (pulse, readiness_deadline) = (Pulse::default(), settings.readiness.deadline);
        let sweep_limits = sweep_limits(settings.sweep);
        Ok(Self {
            adapters,
            datasets,
            prepare,
            strategies,
            sweep_limits,
            pulse,
            readiness_deadline,
        })
    }

    /// What the routes work with.
    pub(crate) fn services(&self, stop: CancellationToken, origins: &[String]) -> Services {
        let Adapters { jobs, catalog, feed, clock, ids, reports, datasets, .. } =
            self.adapters.clone();
        let jobs = Arc::new(OfKind::new(jobs, catalog, JobKind::Backtest));
        let catalog = jobs.clone();
        let Adapters { inspector, strategies, tables, verifier, .. } = self.adapters.clone();
        let submit = self.submit();
        let results = Results::new(jobs.clone(), reports.clone(), datasets.clone());
        Services {
            sweeps: self.sweeps(),
            rerun: Rerun::new(results.clone(), datasets, strategies, submit.clone()),
            verify: Verify::new(results.clone(), verifier, clock.clone()),
            submit,
            inspector,
            tables,
            inspect: Inspect::new(jobs.clone(), catalog, feed, clock.clone()),
            cancel: Cancel::new(jobs.clone(), clock.clone()),
            remove: Remove::new(jobs, reports, clock.clone()),
            results,
            datasets: self.datasets.clone(),
            readiness: self.readiness(),
            strategies: self.strategies.clone(),
            runtime: tokio::runtime::Handle::current(),
            stop,
            origins: origins.into(),
            clock,
            ids,
        }
    }

    fn submit(&self) -> Submit {
        let Adapters { jobs, artifacts, clock, ids, .. } = self.adapters.clone();
        Submit::new(self.prepare.clone(), jobs, artifacts, clock, ids)
    }

    fn sweeps(&self) -> SweepServices {
        let Adapters { jobs, catalog, feed, clock, sweeps, .. } = self.adapters.clone();
        let jobs = Arc::new(OfKind::new(jobs, catalog, JobKind::Sweep));
        SweepServices {
            submit: SubmitSweep::new(self.prepare.clone(), self.submit(), self.sweep_limits),
            inspect: Inspect::new(jobs.clone(), jobs.clone(), feed, clock.clone()),
            cancel: Cancel::new(jobs.clone(), clock.clone()),
            remove: RemoveSweep::new(jobs.clone(), sweeps.clone(), clock.clone()),
            results: SweepResults::new(jobs, sweeps),
        }
    }

    fn readiness(&self) -> Readiness {
        let (pulse, clock) = (self.pulse.clone(), self.adapters.clock.clone());
        let mut probes = self.adapters.probes.clone();
        probes.push(Arc::new(WorkerProbe { pulse, clock: clock.clone() }));
        Readiness::new(probes, clock, self.readiness_deadline)
    }

    /// What runs the jobs.
    pub(crate) fn worker(&self, executor: &ExecutorSettings) -> Worker {
        let Adapters { jobs, queue, feed, clock, ids, .. } = self.adapters.clone();
        let run_one = RunOne {
            store: jobs.clone(),
            feed: feed.clone(),
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
        };
        let pulse = self.pulse.clone();
        Worker { queue, store: jobs, feed, clock, ids, run_one, options, pulse }
    }
}

fn server_limits(executor: &ExecutorSettings) -> ServerLimits {
    let timeout_ms = u64::try_from(executor.timeout.as_millis()).unwrap_or(u64::MAX);
    let run = Limits { timeout_ms, memory_mb: executor.memory_mb };
    ServerLimits { run, queue: executor.queue_limit }
}

fn sweep_limits(settings: SweepSettings) -> SweepLimits {
    SweepLimits { combinations: settings.max_combinations, values: settings.max_values }
}
