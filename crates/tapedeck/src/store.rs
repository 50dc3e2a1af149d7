//! From the database URL to adapters.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tapedeck_config::{DatabaseSettings, DatabaseUrl, PostgresUrl};
use tapedeck_domain::port::{
    AuditChain, AuditLog, DatasetCatalog, HealthProbe, Ids as _, JobCatalog, JobFeed, JobQueue,
    JobStore, Maintenance, MigrationError, MigrationStatus, Migrations, OverrideStore,
    QueueControl, RetentionStore, ScheduleStore, StrategyStore,
};
use tapedeck_postgres::{
    Database as Postgres, DatabaseOptions, PostgresDatasets, PostgresJobs, PostgresMaintenance,
    PostgresMigrations, PostgresSchedules, PostgresStrategies,
};

use crate::system::SystemIds;

/// The adapters of one database.
pub(crate) struct Stores {
    pub(crate) migrations: Arc<dyn Migrations>,
    pub(crate) datasets: Arc<dyn DatasetCatalog>,
    pub(crate) strategies: Arc<dyn StrategyStore>,
    pub(crate) jobs: Arc<dyn JobStore>,
    pub(crate) queue: Arc<dyn JobQueue>,
    pub(crate) catalog: Arc<dyn JobCatalog>,
    pub(crate) feed: Arc<dyn JobFeed>,
    pub(crate) control: Arc<dyn QueueControl>,
    pub(crate) audit: Arc<dyn AuditLog>,
    pub(crate) chain: Arc<dyn AuditChain>,
    pub(crate) retention: Arc<dyn RetentionStore>,
    pub(crate) schedules: Arc<dyn ScheduleStore>,
    pub(crate) maintenance: Arc<dyn Maintenance>,
    pub(crate) overrides: Arc<dyn OverrideStore>,
    pub(crate) probe: Arc<dyn HealthProbe>,
}

/// Opens the database that the URL names. Changes nothing in it.
pub(crate) async fn open(settings: &DatabaseSettings) -> anyhow::Result<Stores> {
    match &settings.url {
        DatabaseUrl::Sqlite(path) => open_sqlite(path, settings).await,
        DatabaseUrl::Postgres(url) => open_postgres(url, settings).await,
    }
}

async fn open_sqlite(path: &Path, settings: &DatabaseSettings) -> anyhow::Result<Stores> {
    use tapedeck_sqlite::{
        Database, DatabaseProbe, SqliteDatasets, SqliteJobs, SqliteMaintenance, SqliteMigrations,
        SqliteSchedules, SqliteStrategies,
    };
    let database = Database::open(path, settings.max_connections, settings.acquire_timeout).await?;
    let jobs = Arc::new(SqliteJobs::new(database.clone()));
    Ok(Stores {
        migrations: Arc::new(SqliteMigrations(database.clone())),
        datasets: Arc::new(SqliteDatasets(database.clone())),
        strategies: Arc::new(SqliteStrategies(database.clone())),
        schedules: Arc::new(SqliteSchedules(database.clone())),
        maintenance: Arc::new(SqliteMaintenance(database.clone())),
        probe: Arc::new(DatabaseProbe(database)),
        jobs: jobs.clone(),
        queue: jobs.clone(),
        catalog: jobs.clone(),
        feed: jobs.clone(),
        control: jobs.clone(),
        audit: jobs.clone(),
        chain: jobs.clone(),
        retention: jobs.clone(),
        overrides: jobs,
    })
}

async fn open_postgres(url: &PostgresUrl, settings: &DatabaseSettings) -> anyhow::Result<Stores> {
    let database = connect(url, settings).await?;
    let jobs = Arc::new(PostgresJobs::new(database.clone(), SystemIds.next()));
    Ok(Stores {
        migrations: Arc::new(PostgresMigrations(database.clone())),
        datasets: Arc::new(PostgresDatasets(database.clone())),
        strategies: Arc::new(PostgresStrategies(database.clone())),
        schedules: Arc::new(PostgresSchedules(database.clone())),
        maintenance: Arc::new(PostgresMaintenance(database.clone())),
        probe: Arc::new(tapedeck_postgres::DatabaseProbe(database)),
        jobs: jobs.clone(),
        queue: jobs.clone(),
        catalog: jobs.clone(),
        feed: jobs.clone(),
        control: jobs.clone(),
        audit: jobs.clone(),
        chain: jobs.clone(),
        retention: jobs.clone(),
        overrides: jobs,
    })
}

/// The longest pause between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Tries as often as the settings say, with pauses that double: a server that is starting, or
/// recovering from a crash, refuses connections for a while.
async fn connect(url: &PostgresUrl, settings: &DatabaseSettings) -> anyhow::Result<Postgres> {
    let options = DatabaseOptions {
        max_connections: settings.max_connections,
        acquire_timeout: settings.acquire_timeout,
        statement_timeout: settings.statement_timeout,
    };
    let (mut attempt, mut pause) = (1, Duration::from_millis(250));
    loop {
        match Postgres::open(url.expose(), options).await {
            Err(error) if error.is_transient() && attempt < settings.connect_attempts => {
                tracing::warn!(attempt, pause_ms = pause.as_millis(), "{error}");
            }
            result => return result.with_context(|| gave_up(attempt)),
        }
        tokio::time::sleep(pause).await;
        (attempt, pause) = (attempt + 1, LONGEST_PAUSE.min(pause * 2));
    }
}

fn gave_up(attempts: u32) -> String {
    match attempts {
        1 => "cannot open the database".to_owned(),
        n => format!("cannot open the database, after {n} attempts"),
    }
}

/// Brings the schema to this build's version, or says why it is not there. One that a newer build
/// has added to stays as it is: after a deployment that failed, the build before starts again.
pub(crate) async fn prepare(stores: &Stores, settings: &DatabaseSettings) -> anyhow::Result<()> {
    refuse_breaking(&status(stores).await?)?;
    if settings.migrate_on_start && !is_newer_and_usable(stores).await? {
        let applied = match stores.migrations.up().await {
            // A newer build was faster, just now.
            Err(MigrationError::Newer { .. }) if is_newer_and_usable(stores).await? => Vec::new(),
            applied => applied.context("migrating the database")?,
        };
        if !applied.is_empty() {
            tracing::info!(applied = applied.join(", "), "database migrated");
        }
    }
    check(&status(stores).await?)
}

fn refuse_breaking(status: &MigrationStatus) -> anyhow::Result<()> {
    let breaking = status.breaking();
    if breaking.is_empty() {
        return Ok(());
    }
    anyhow::bail!("the schema is too new for this build: it has {}", breaking.join(", "))
}

fn check(status: &MigrationStatus) -> anyhow::Result<()> {
    refuse_breaking(status)?;
    if !status.pending.is_empty() {
        anyhow::bail!(
            "the schema lacks {}, and migrating on start is switched off: run `tapedeck migrate up`",
            status.pending.join(", ")
        );
    }
    if status.is_newer_and_usable() {
        tracing::warn!(added = status.unknown.join(", "), "the schema is newer than this build");
    }
    Ok(())
}

async fn status(stores: &Stores) -> anyhow::Result<MigrationStatus> {
    stores.migrations.status().await.context("reading the schema's version")
}

async fn is_newer_and_usable(stores: &Stores) -> anyhow::Result<bool> {
    Ok(status(stores).await?.is_newer_and_usable())
}
