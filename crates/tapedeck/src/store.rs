//! From the database URL to adapters.

use std::sync::Arc;

use anyhow::Context as _;
use tapedeck_config::{DatabaseSettings, DatabaseUrl};
use tapedeck_domain::port::{
    DatasetCatalog, HealthProbe, JobCatalog, JobFeed, JobQueue, JobStore, Migrations,
};
use tapedeck_sqlite::{Database, DatabaseProbe, SqliteDatasets, SqliteJobs, SqliteMigrations};

/// The adapters of one database.
pub(crate) struct Stores {
    pub(crate) migrations: Arc<dyn Migrations>,
    pub(crate) datasets: Arc<dyn DatasetCatalog>,
    pub(crate) jobs: Arc<dyn JobStore>,
    pub(crate) queue: Arc<dyn JobQueue>,
    pub(crate) catalog: Arc<dyn JobCatalog>,
    pub(crate) feed: Arc<dyn JobFeed>,
    pub(crate) probe: Arc<dyn HealthProbe>,
}

/// Opens the database that the URL names. Changes nothing in it.
pub(crate) async fn open(settings: &DatabaseSettings) -> anyhow::Result<Stores> {
    match &settings.url {
        DatabaseUrl::Sqlite(path) => {
            let database =
                Database::open(path, settings.max_connections, settings.acquire_timeout).await?;
            let jobs = Arc::new(SqliteJobs::new(database.clone()));
            Ok(Stores {
                migrations: Arc::new(SqliteMigrations(database.clone())),
                datasets: Arc::new(SqliteDatasets(database.clone())),
                probe: Arc::new(DatabaseProbe(database)),
                jobs: jobs.clone(),
                queue: jobs.clone(),
                catalog: jobs.clone(),
                feed: jobs,
            })
        }
        DatabaseUrl::Postgres(_) => anyhow::bail!("Postgres is not supported yet"),
    }
}

/// Brings the schema to this build's version, or says why it is not there.
pub(crate) async fn prepare(stores: &Stores, settings: &DatabaseSettings) -> anyhow::Result<()> {
    if settings.migrate_on_start {
        let applied = stores.migrations.up().await.context("migrating the database")?;
        if !applied.is_empty() {
            tracing::info!(applied = applied.join(", "), "database migrated");
        }
        return Ok(());
    }
    let status = stores.migrations.status().await.context("reading the schema's version")?;
    if !status.unknown.is_empty() {
        anyhow::bail!("the schema is newer than this build: it has {}", status.unknown.join(", "));
    }
    if !status.pending.is_empty() {
        anyhow::bail!(
            "the schema lacks {}, and migrating on start is switched off: run `tapedeck migrate up`",
            status.pending.join(", ")
        );
    }
    Ok(())
}
