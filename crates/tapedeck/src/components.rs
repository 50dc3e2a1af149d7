//! Everything that the server and the command line are made of, wired once.

use std::sync::Arc;

use tapedeck_application::{Datasets, Prepare, ServerLimits};
use tapedeck_config::Settings;
use tapedeck_domain::job::Limits;
use tapedeck_domain::port::{BacktestRunner, Clock, DatasetStore, Ids, StrategyCatalog};
use tapedeck_engine::BuiltIns;
use tapedeck_files::{Objects, ParquetDatasets};
use tapedeck_sandbox::InProcessRunner;

use crate::samples;
use crate::store;
use crate::system::{SystemClock, SystemIds};

/// Use cases and ports, ready to be used.
pub(crate) struct Components {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn Ids>,
    pub(crate) datasets: Datasets,
    pub(crate) prepare: Prepare,
    pub(crate) runner: Arc<dyn BacktestRunner>,
}

impl Components {
    /// Opens the data directory and the database, migrates it, and fills an empty catalog with
    /// the sample data.
    pub(crate) async fn open(settings: &Settings) -> anyhow::Result<Self> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::start());
        let objects = Objects::local(&settings.files.data_dir).await?;
        let stores = store::open(&settings.database).await?;
        store::prepare(&stores, &settings.database).await?;
        let bars: Arc<dyn DatasetStore> = Arc::new(ParquetDatasets::new(objects));
        let datasets =
            Datasets::new(Arc::clone(&stores.datasets), Arc::clone(&bars), Arc::clone(&clock));
        samples::install(&datasets).await?;
        let strategies: Arc<dyn StrategyCatalog> = Arc::new(BuiltIns::default());
        let limits = server_limits(settings);
        let prepare =
            Prepare::new(Arc::clone(&stores.datasets), Arc::clone(&bars), strategies, limits);
        let runner = Arc::new(InProcessRunner::new(bars));
        Ok(Self { clock, ids: Arc::new(SystemIds), datasets, prepare, runner })
    }
}

fn server_limits(settings: &Settings) -> ServerLimits {
    let executor = &settings.executor;
    let timeout_ms = u64::try_from(executor.timeout.as_millis()).unwrap_or(u64::MAX);
    let run = Limits { timeout_ms, memory_mb: executor.memory_mb };
    ServerLimits { run, queue: executor.queue_limit }
}
