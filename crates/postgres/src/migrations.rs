//! The embedded migrations. They are applied by this module and not by diesel's harness, which
//! needs a blocking connection; the table of versions is diesel's, so its tools can read it.

use async_trait::async_trait;
use diesel::result::Error as DieselError;
use diesel::sql_types::{Bool, Text};
use diesel::{QueryableByName, sql_query};
use diesel_async::{
    AsyncConnection as _, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection as _,
};
use tapedeck_domain::port::{MigrationError, MigrationStatus, Migrations};

use crate::Database;

/// One step of the schema.
struct Step {
    version: &'static str,
    up: &'static str,
    down: &'static str,
}

macro_rules! step {
    ($version:literal, $name:literal) => {
        Step {
            version: $version,
            up: step!(@file $version, $name, "up.sql"),
            down: step!(@file $version, $name, "down.sql"),
        }
    };
    (@file $version:literal, $name:literal, $file:literal) => {
        include_str!(concat!("../../../migrations/postgres/", $version, "_", $name, "/", $file))
    };
}

/// Oldest first. A test compares it with the directory.
const STEPS: &[Step] = &[
    step!("20261121000001", "create_catalog"),
    step!("20261121000002", "create_backtests"),
    step!("20261121100552", "create_strategies"),
    step!("20261121102500", "add_kind_of_job"),
    step!("20261121130000", "add_queue_control"),
    step!("20261121193000", "add_access_keys"),
    step!("20261121193100", "add_overrides"),
    step!("20261121193200", "add_schedules"),
    step!("20261121193300", "chain_audit_entries"),
    step!("20261122020000", "lighten_new_jobs"),
];

/// Held until the end of a transaction that migrates, so that one process does and the others
/// find it done. Any number, as long as it is always the same.
const LOCK: i64 = 0x7461_7065_6465_636b;

/// Migrates a database on a server.
pub struct PostgresMigrations(pub Database);

#[async_trait]
impl Migrations for PostgresMigrations {
    async fn up(&self) -> Result<Vec<String>, MigrationError> {
        let mut conn = self.connect().await?;
        let done = conn.transaction(async |conn| apply_pending(conn).await).await;
        done.map_err(|failure| failure.0)
    }

    async fn down(&self) -> Result<Option<String>, MigrationError> {
        let mut conn = self.connect().await?;
        let done = conn.transaction(async |conn| revert_last(conn).await).await;
        done.map_err(|failure| failure.0)
    }

    async fn status(&self) -> Result<MigrationStatus, MigrationError> {
        let mut conn = self.connect().await?;
        let status = conn.transaction(async |conn| status(conn).await).await;
        status.map_err(|failure| failure.0)
    }
}

impl PostgresMigrations {
    /// Outside the pool, so that nothing that is set here reaches anybody else.
    async fn connect(&self) -> Result<AsyncPgConnection, MigrationError> {
        let connected = self.0.dedicated().await;
        connected.map_err(|error| MigrationError::Unavailable(error.into()))
    }
}

/// What a transaction of this module may end with.
struct Failure(MigrationError);

impl From<DieselError> for Failure {
    fn from(error: DieselError) -> Self {
        Self(MigrationError::Unavailable(error.into()))
    }
}

async fn apply_pending(conn: &mut AsyncPgConnection) -> Result<Vec<String>, Failure> {
    begin(conn).await?;
    let status = known_status(conn).await?;
    for step in STEPS.iter().filter(|step| status.pending.iter().any(|v| v == step.version)) {
        conn.batch_execute(step.up).await.map_err(|error| failed(step, error))?;
        sql_query("INSERT INTO __diesel_schema_migrations (version) VALUES ($1)")
            .bind::<Text, _>(step.version)
            .execute(conn)
            .await?;
    }
    Ok(status.pending)
}

async fn revert_last(conn: &mut AsyncPgConnection) -> Result<Option<String>, Failure> {
    begin(conn).await?;
    let status = known_status(conn).await?;
    let Some(last) = status.applied.last() else { return Ok(None) };
    for step in STEPS.iter().filter(|step| step.version == last) {
        conn.batch_execute(step.down).await.map_err(|error| failed(step, error))?;
        sql_query("DELETE FROM __diesel_schema_migrations WHERE version = $1")
            .bind::<Text, _>(step.version)
            .execute(conn)
            .await?;
    }
    Ok(Some(last.clone()))
}

/// Waits for other migrators, for as long as they need, and makes the table of versions.
async fn begin(conn: &mut AsyncPgConnection) -> Result<(), DieselError> {
    let lock = format!(
        "SET LOCAL statement_timeout = 0; \
         SELECT pg_advisory_xact_lock({LOCK}); \
         SET LOCAL client_min_messages = warning; \
         CREATE TABLE IF NOT EXISTS __diesel_schema_migrations ( \
             version VARCHAR(50) PRIMARY KEY NOT NULL, \
             run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP)"
    );
    conn.batch_execute(&lock).await
}

fn failed(step: &Step, error: DieselError) -> Failure {
    Failure(MigrationError::Failed(format!("{}: {error}", step.version).into()))
}

async fn known_status(conn: &mut AsyncPgConnection) -> Result<MigrationStatus, Failure> {
    let status = status(conn).await?;
    if status.unknown.is_empty() {
        return Ok(status);
    }
    Err(Failure(MigrationError::Newer { unknown: status.unknown }))
}

#[derive(QueryableByName)]
struct Version {
    #[diesel(sql_type = Text)]
    version: String,
}

#[derive(QueryableByName)]
struct Presence {
    #[diesel(sql_type = Bool)]
    is_there: bool,
}

async fn status(conn: &mut AsyncPgConnection) -> Result<MigrationStatus, Failure> {
    let applied = applied(conn).await?;
    let mut status = MigrationStatus::default();
    for step in STEPS {
        let done = applied.iter().any(|version| version == step.version);
        let list = if done { &mut status.applied } else { &mut status.pending };
        list.push(step.version.to_owned());
    }
    let is_known = |version: &String| STEPS.iter().any(|step| step.version == version);
    status.unknown = applied.into_iter().filter(|version| !is_known(version)).collect();
    Ok(status)
}

async fn applied(conn: &mut AsyncPgConnection) -> Result<Vec<String>, DieselError> {
    let table = "SELECT to_regclass('__diesel_schema_migrations') IS NOT NULL AS is_there";
    let table: Presence = sql_query(table).get_result(conn).await?;
    if !table.is_there {
        return Ok(Vec::new());
    }
    let versions = "SELECT version::text AS version FROM __diesel_schema_migrations ORDER BY 1";
    let versions: Vec<Version> = sql_query(versions).load(conn).await?;
    Ok(versions.into_iter().map(|row| row.version).collect())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    #[test]
    fn every_migration_of_the_directory_is_embedded() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations");
        let names = |database: &str| {
            let entries = std::fs::read_dir(root.join(database)).unwrap();
            let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
            let mut names: Vec<_> = names.collect();
            names.sort();
            names
        };
        let versions: Vec<_> = super::STEPS.iter().map(|step| step.version.to_owned()).collect();
        let in_directory = names("postgres");
        let in_directory: Vec<_> =
            in_directory.iter().map(|name| name.split('_').next().unwrap().to_owned()).collect();
        assert_eq!(versions, in_directory);
        assert_eq!(names("postgres"), names("sqlite"), "same steps on both databases");
    }
}
