//! The adapters behind the ports, all in one place: to run the application over others, build
//! this struct with others.

use std::num::NonZeroUsize;
use std::sync::Arc;

use tapedeck_application::MigrationsProbe;
use tapedeck_config::Settings;
use tapedeck_domain::port::{
    ArtifactCatalog, AuditArchive, AuditChain, AuditLog, BacktestRunner, Clock, DatasetCatalog,
    DatasetStore, Entropy, FlagProvider, HeadLog, HealthProbe, Ids, Isolation, JobCatalog, JobFeed,
    JobQueue, JobStore, KeyStore, LogControl, Maintenance, MarketData, ModuleInspector,
    ModuleStore, OverrideStore, QueueControl, ReportStore, RetentionStore, ScheduleStore,
    StrategyCatalog, StrategyInspector, StrategyStore, SweepRunner, SweepStore, TableEncoder,
    TicketStore,
};
use tapedeck_engine::BuiltIns;
use tapedeck_files::{
    ArchiveFiles, ArtifactFiles, ArtifactProbe, HeadFiles, ModuleFiles, Objects, ParquetDatasets,
    ParquetReports, ParquetSweeps, ParquetTables, SpaceLimits,
};
use tapedeck_market_data::{ClientOptions, MarketDataClient, MarketDataProbe};
use tapedeck_sandbox::{ChildRunner, InProcessSweeps};

use crate::live;
use crate::logging::ProcessLog;
use crate::store::{self, Stores};
use crate::system::{SystemClock, SystemEntropy, SystemIds};
use crate::{metrics, sandbox};

/// One adapter for each port.
#[derive(Clone)]
#[expect(missing_docs, reason = "each is described by its port")]
pub struct Adapters {
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub entropy: Arc<dyn Entropy>,
    pub keys: Arc<dyn KeyStore>,
    pub tickets: Arc<dyn TicketStore>,
    pub jobs: Arc<dyn JobStore>,
    pub queue: Arc<dyn JobQueue>,
    pub catalog: Arc<dyn JobCatalog>,
    pub feed: Arc<dyn JobFeed>,
    pub control: Arc<dyn QueueControl>,
    pub audit: Arc<dyn AuditLog>,
    pub chain: Arc<dyn AuditChain>,
    pub heads: Arc<dyn HeadLog>,
    pub archive: Arc<dyn AuditArchive>,
    pub retention: Arc<dyn RetentionStore>,
    pub schedules: Arc<dyn ScheduleStore>,
    pub maintenance: Arc<dyn Maintenance>,
    /// `None` where no service is configured.
    pub market_data: Option<Arc<dyn MarketData>>,
    pub overrides: Arc<dyn OverrideStore>,
    pub flag_provider: Arc<dyn FlagProvider>,
    pub log: Arc<dyn LogControl>,
    pub dataset_catalog: Arc<dyn DatasetCatalog>,
    pub datasets: Arc<dyn DatasetStore>,
    pub reports: Arc<dyn ReportStore>,
    pub strategies: Arc<dyn StrategyCatalog>,
    pub stored_strategies: Arc<dyn StrategyStore>,
    pub inspector: Arc<dyn StrategyInspector>,
    pub tables: Arc<dyn TableEncoder>,
    pub runner: Arc<dyn BacktestRunner>,
    pub modules: Arc<dyn ModuleStore>,
    pub module_inspector: Arc<dyn ModuleInspector>,
    /// What is around the runs of `runner`.
    pub isolation: Arc<dyn Isolation>,
    pub sweeps: Arc<dyn SweepStore>,
    pub artifacts: Arc<dyn ArtifactCatalog>,
    pub sweep_runner: Arc<dyn SweepRunner>,
    /// Repeats runs, and shares nothing with `runner`.
    pub verifier: Arc<dyn BacktestRunner>,
    /// What readiness looks at, the worker apart.
    pub probes: Vec<Arc<dyn HealthProbe>>,
}

impl Adapters {
    /// The real ones: opens the data directory and the database, and migrates it.
    ///
    /// # Errors
    /// The first thing that is not usable, with its name.
    pub async fn open(settings: &Settings) -> anyhow::Result<Self> {
        // Before the adapters begin to count.
        metrics::registry();
        let clock = Arc::new(SystemClock::start());
        let limits = SpaceLimits { quota: settings.files.quota, min_free: settings.files.min_free };
        let objects = Objects::local(&settings.files.data_dir).await?;
        let objects = objects.within(limits, clock.clone());
        let stores = store::open(&settings.database).await?;
        store::prepare(&stores, &settings.database).await?;
        let market_data = settings.market_data.url.as_ref().map(AsRef::as_ref);
        let probes: Vec<Arc<dyn HealthProbe>> = vec![
            stores.probe.clone(),
            Arc::new(MigrationsProbe(stores.migrations.clone())),
            Arc::new(ArtifactProbe(objects.clone())),
            Arc::new(MarketDataProbe::new(market_data)?),
        ];
        let Stores { jobs, queue, catalog, feed, control, audit, chain, retention, .. } = stores;
        let overrides = stores.overrides;
        let export_dir = settings.audit.export_dir.clone();
        let dataset_catalog = stores.datasets;
        let stored_strategies = stores.strategies;
        let datasets: Arc<dyn DatasetStore> = Arc::new(ParquetDatasets::new(objects.clone()));
        let modules: Arc<dyn ModuleStore> = Arc::new(ModuleFiles(objects.clone()));
        let runs = |options| {
            let program = sandbox::program();
            Arc::new(ChildRunner::new(program, datasets.clone(), modules.clone(), options))
        };
        let runner = runs(sandbox::of_runs(settings));
        Ok(Self {
            clock: clock.clone(),
            ids: Arc::new(SystemIds),
            entropy: Arc::new(SystemEntropy),
            keys: stores.keys,
            tickets: stores.tickets,
            jobs,
            queue,
            catalog,
            feed,
            control,
            audit,
            chain,
            heads: Arc::new(HeadFiles::new(export_dir.clone())),
            archive: Arc::new(ArchiveFiles::new(export_dir)),
            retention,
            schedules: stores.schedules,
            maintenance: stores.maintenance,
            market_data: market_data_client(settings, clock.clone())?,
            overrides,
            flag_provider: Arc::new(live::configured_flags(&settings.flags)),
            log: Arc::new(ProcessLog),
            dataset_catalog,
            inspector: Arc::new(BuiltIns),
            tables: Arc::new(ParquetTables),
            verifier: runs(sandbox::of_repeats(settings)),
            module_inspector: runner.clone(),
            isolation: runner.clone(),
            runner,
            modules: modules.clone(),
            sweep_runner: Arc::new(InProcessSweeps::new(datasets.clone(), threads())),
            datasets,
            reports: Arc::new(ParquetReports(objects.clone())),
            sweeps: Arc::new(ParquetSweeps(objects.clone())),
            artifacts: Arc::new(ArtifactFiles(objects)),
            strategies: Arc::new(BuiltIns),
            stored_strategies,
            probes,
        })
    }
}

/// What asks the market-data service for bars, if there is one.
fn market_data_client(
    settings: &Settings,
    clock: Arc<dyn Clock>,
) -> anyhow::Result<Option<Arc<dyn MarketData>>> {
    let Some(url) = &settings.market_data.url else { return Ok(None) };
    let (token, options) = (settings.market_data.expose_token(), ClientOptions::default());
    Ok(Some(Arc::new(MarketDataClient::new(url, token, clock, options)?)))
}

/// What looks into modules, without a database or a server around it.
pub(crate) async fn inspector(settings: &Settings) -> anyhow::Result<ChildRunner> {
    let objects = Objects::local(&settings.files.data_dir).await?;
    let datasets = Arc::new(ParquetDatasets::new(objects.clone()));
    let (modules, options) = (Arc::new(ModuleFiles(objects)), sandbox::of_runs(settings));
    Ok(ChildRunner::new(sandbox::program(), datasets, modules, options))
}

/// Threads that a sweep simulates on: one a core.
fn threads() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}
