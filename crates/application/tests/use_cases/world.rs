//! The adapters that a test looks into, and the use cases over them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use tapedeck_application::{
    BacktestRequest, Cancel, DatasetChoice, Datasets, Inspect, Prepare, Remove, RemoveSweep,
    Results, RunHandle, RunOne, ServerLimits, Strategies, StrategyChoice, Submit, SubmitSweep,
    SweepLimits, SweepResults,
};
use tapedeck_domain::actor::Actor;
use tapedeck_domain::dataset::{Dataset, DatasetDescription};
use tapedeck_domain::id::BacktestId;
use tapedeck_domain::job::{
    Backtest, Cancellation, JobEvent, Limits, LogBody, LoggedEvent, Priority, ReportRef,
    Submission, transition,
};
use tapedeck_domain::manifest::Manifest;
use tapedeck_domain::port::{
    BacktestRunner, Claim, Clock as _, Ids as _, JobFeed, JobQueue as _, JobStore, ReportStore,
    Signals, StorageError, SweepRunner,
};
use tapedeck_domain::report::Report;
use tapedeck_engine::BuiltIns;
use tapedeck_testkit::builders::{
    bars, build, id, lease, new_job_of, specification, sweep_submission,
};
use tapedeck_testkit::memory::{
    MemoryArtifacts, MemoryDatasetCatalog, MemoryDatasets, MemoryJobs, MemoryModules,
    MemoryReports, MemoryStrategies, MemorySweeps,
};
use tapedeck_testkit::{
    FakeClock, FlakyJobs, FlakyReports, Script, ScriptedInspector, ScriptedRunner, SequentialIds,
    drive,
};
use tokio::task::JoinHandle;

pub(crate) const LIMITS: ServerLimits =
    ServerLimits { run: Limits::of_time_and_memory(60_000, 512), queue: 2 };

pub(crate) struct World {
    pub(crate) clock: Arc<FakeClock>,
    pub(crate) jobs: Arc<MemoryJobs>,
    pub(crate) store: Arc<FlakyJobs>,
    pub(crate) reports: Arc<MemoryReports>,
    pub(crate) flaky_reports: Arc<FlakyReports>,
    pub(crate) sweeps: Arc<MemorySweeps>,
    pub(crate) artifacts: Arc<MemoryArtifacts>,
    pub(crate) catalog: Arc<MemoryDatasetCatalog>,
    pub(crate) datasets: Arc<MemoryDatasets>,
    pub(crate) stored_strategies: Arc<MemoryStrategies>,
    pub(crate) modules: Arc<MemoryModules>,
    pub(crate) inspector: Arc<ScriptedInspector>,
    pub(crate) feed: Arc<dyn JobFeed>,
    is_full: Arc<AtomicBool>,
}

/// A run under way.
pub(crate) struct Run {
    pub(crate) task: JoinHandle<()>,
    pub(crate) handle: RunHandle,
}

impl World {
    pub(crate) fn new() -> Self {
        let jobs = Arc::new(MemoryJobs::default());
        let reports = Arc::new(MemoryReports::default());
        let is_full = Arc::new(AtomicBool::new(false));
        let limited = Limited { inner: reports.clone(), is_full: is_full.clone() };
        let sweeps = Arc::new(MemorySweeps::default());
        Self {
            artifacts: Arc::new(MemoryArtifacts::new(reports.clone(), sweeps.clone())),
            clock: Arc::default(),
            store: Arc::new(FlakyJobs::new(jobs.clone())),
            feed: jobs.clone(),
            jobs,
            flaky_reports: Arc::new(FlakyReports::new(Arc::new(limited))),
            reports,
            is_full,
            sweeps,
            catalog: Arc::default(),
            datasets: Arc::default(),
            stored_strategies: Arc::default(),
            modules: Arc::default(),
            inspector: Arc::default(),
        }
    }

    /// One in which nothing is signalled, as if all changes came from other processes.
    pub(crate) fn without_signals() -> Self {
        let world = Self::new();
        Self { feed: Arc::new(Deaf(world.jobs.clone())), ..world }
    }

    /// From now on there is no room for reports.
    pub(crate) fn full_reports(&self) {
        self.is_full.store(true, Ordering::SeqCst);
    }

    pub(crate) fn make_room(&self) {
        self.is_full.store(false, Ordering::SeqCst);
    }

    /// With the dataset that the builders' jobs run on.
    pub(crate) async fn import(&self) -> Dataset {
        let description = DatasetDescription {
            id: "test-1d".parse().unwrap(),
            symbol: None,
            interval: None,
            warnings: Vec::new(),
            source: None,
        };
        let (catalog, store) = (self.catalog.clone(), self.datasets.clone());
        let datasets = Datasets::new(catalog, store, self.clock.clone());
        datasets.import(description, bars()).await.unwrap()
    }

    pub(crate) fn submit(&self) -> Submit {
        self.submit_after(0)
    }

    /// The same in a world in which so many ids were given out before.
    pub(crate) fn submit_after(&self, given: usize) -> Submit {
        let prepare = self.prepare_within(LIMITS);
        let ids = Arc::new(SequentialIds::default());
        for _ in 0..given {
            ids.next();
        }
        Submit::new(prepare, self.store.clone(), self.artifacts.clone(), self.clock.clone(), ids)
    }

    pub(crate) fn prepare_within(&self, limits: ServerLimits) -> Prepare {
        let (catalog, datasets) = (self.catalog.clone(), self.datasets.clone());
        Prepare::new(catalog, datasets, self.strategies(), self.clock.clone(), limits.into())
    }

    pub(crate) fn submit_sweep(&self) -> SubmitSweep {
        let prepare = self.prepare_within(LIMITS);
        let limits = SweepLimits { combinations: 20, values: 10 };
        SubmitSweep::new(prepare, self.submit(), limits)
    }

    pub(crate) fn remove_sweep(&self) -> RemoveSweep {
        RemoveSweep::new(self.store.clone(), self.sweeps.clone(), self.clock.clone())
    }

    pub(crate) fn sweep_results(&self) -> SweepResults {
        SweepResults::new(self.store.clone(), self.sweeps.clone())
    }

    pub(crate) fn strategies(&self) -> Strategies {
        let built_in = Arc::new(BuiltIns);
        let (stored, modules) = (self.stored_strategies.clone(), self.modules.clone());
        Strategies::new(built_in, stored, modules, self.inspector.clone(), self.clock.clone())
    }

    pub(crate) fn cancel(&self) -> Cancel {
        Cancel::new(self.store.clone(), self.clock.clone())
    }

    pub(crate) fn remove(&self) -> Remove {
        Remove::new(self.store.clone(), self.flaky_reports.clone(), self.clock.clone())
    }

    pub(crate) fn results(&self) -> Results {
        Results::new(self.store.clone(), self.flaky_reports.clone(), self.datasets.clone())
    }

    pub(crate) fn inspect(&self) -> Inspect {
        let (store, catalog) = (self.store.clone(), self.jobs.clone());
        Inspect::new(store, catalog, self.feed.clone(), self.clock.clone())
    }

    pub(crate) async fn queued(&self) -> Backtest {
        let new = new_job_of(1, |_: &mut Submission| ());
        self.jobs.submit(new).await.unwrap().job().clone()
    }

    /// The job 1, a sweep of six combinations, running under lease 1.
    pub(crate) async fn claimed_sweep(&self) -> Backtest {
        let new = new_job_of(1, |submission| *submission = sweep_submission(1));
        self.jobs.submit(new).await.unwrap();
        let claimed = self.jobs.claim(Claim::new(vec![lease(1)], self.clock.now())).await.unwrap();
        claimed[0].clone()
    }

    /// The job 1, running under lease 1.
    pub(crate) async fn claimed(&self) -> Backtest {
        self.queued().await;
        let claimed = self.jobs.claim(Claim::new(vec![lease(1)], self.clock.now())).await.unwrap();
        claimed[0].clone()
    }

    pub(crate) fn start(&self, job: Backtest, script: Script) -> Run {
        let runner = Arc::new(ScriptedRunner::new(self.clock.clone(), [script]));
        self.start_on(runner.clone(), runner, job)
    }

    pub(crate) fn start_on(
        &self,
        runner: Arc<dyn BacktestRunner>,
        sweep_runner: Arc<dyn SweepRunner>,
        job: Backtest,
    ) -> Run {
        let store = self.store.clone();
        let (reports, clock) = (self.flaky_reports.clone(), self.clock.clone());
        let sweeps = self.sweeps.clone();
        let run_one =
            RunOne { store, reports, sweeps, runner, sweep_runner, clock, build: build() };
        let handle = RunHandle::default();
        let work = {
            let handle = handle.clone();
            async move {
                run_one.run(job, handle).await;
            }
        };
        Run { task: tokio::spawn(work), handle }
    }

    /// Lets time pass until a run has ended.
    pub(crate) async fn end(&self, run: Run) -> Backtest {
        drive(&self.clock, Duration::from_millis(10), async || run.task.is_finished()).await;
        run.task.await.unwrap();
        self.job().await
    }

    /// The job 1 after a run that went like `script`.
    pub(crate) async fn ran(&self, script: Script) -> Backtest {
        let job = self.claimed().await;
        self.end(self.start(job, script)).await
    }

    pub(crate) async fn job(&self) -> Backtest {
        self.jobs.find(id(1)).await.unwrap().unwrap()
    }

    pub(crate) async fn log(&self) -> Vec<LogBody> {
        let events = self.jobs.events(id(1), 0).await.unwrap();
        events.into_iter().map(|event| event.body).collect()
    }

    /// What somebody else does to the job 1.
    pub(crate) async fn apply(&self, event: JobEvent) -> Backtest {
        let change = transition(&self.job().await, event, self.clock.now()).unwrap();
        assert_eq!(self.jobs.commit(vec![change]).await.unwrap(), [Ok(())]);
        self.job().await
    }

    /// That its worker gave no sign for too long.
    pub(crate) fn lose(&self) -> JobEvent {
        JobEvent::LoseWorker { max_attempts: 3, retry_at: self.clock.now() }
    }

    pub(crate) fn wish(&self) -> JobEvent {
        let request_id = "request-1".parse().unwrap();
        JobEvent::Cancel(Cancellation { at: self.clock.now(), request_id, by: Actor::anonymous() })
    }
}

/// A strategy by its name.
pub(crate) fn named(id: &str, version: Option<u32>) -> StrategyChoice {
    StrategyChoice::Named { id: id.parse().unwrap(), version }
}

/// A valid request for the bars of the dataset.
pub(crate) fn request() -> BacktestRequest {
    let spec = specification(0);
    BacktestRequest {
        dataset: DatasetChoice::Id("test-1d".parse().unwrap()),
        from: None,
        to: None,
        strategy: named(spec.strategy.id.as_str(), None),
        params: [("fast".to_owned(), 1.0), ("slow".to_owned(), 2.0)].into(),
        seed: 0,
        capital: spec.capital,
        direction: spec.direction,
        sizing: spec.sizing,
        costs: spec.costs,
        risk: spec.risk,
        execution: spec.execution,
        benchmark: None,
        checks: Vec::new(),
        limits: BTreeMap::new(),
        priority: Priority::Interactive,
        tags: Vec::new(),
        force_new: false,
        not_before: None,
        request_id: "request-0".parse().unwrap(),
        trace: None,
    }
}

/// Reports, for which there may be no room.
struct Limited {
    inner: Arc<MemoryReports>,
    is_full: Arc<AtomicBool>,
}

#[async_trait]
impl ReportStore for Limited {
    async fn put(
        &self,
        id: BacktestId,
        manifest: &Manifest,
        report: &Report,
    ) -> Result<ReportRef, StorageError> {
        if self.is_full.load(Ordering::SeqCst) {
            return Err(StorageError::Full { what: "as the test says".to_owned() });
        }
        self.inner.put(id, manifest, report).await
    }

    async fn open(&self, report: &ReportRef) -> Result<Option<Report>, StorageError> {
        self.inner.open(report).await
    }

    async fn manifest(&self, report: &ReportRef) -> Result<Option<Manifest>, StorageError> {
        self.inner.manifest(report).await
    }

    async fn remove(&self, report: &ReportRef) -> Result<(), StorageError> {
        self.inner.remove(report).await
    }
}

struct Deaf(Arc<MemoryJobs>);

#[async_trait]
impl JobFeed for Deaf {
    fn subscribe(&self) -> Signals {
        Box::pin(futures_util::stream::pending())
    }

    async fn events_page(
        &self,
        id: BacktestId,
        seq: u64,
        limit: usize,
    ) -> Result<Vec<LoggedEvent>, StorageError> {
        self.0.events_page(id, seq, limit).await
    }
}
