//! The embedded migrations.

use async_trait::async_trait;
use diesel::migration::{Migration, MigrationSource as _};
use diesel::result::Error as DieselError;
use diesel::sqlite::{Sqlite, SqliteConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness as _, embed_migrations};
use tapedeck_domain::port::{MigrationError, MigrationStatus, Migrations};

use crate::Database;

const EMBEDDED: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");

/// Migrates the embedded database.
pub struct SqliteMigrations(pub Database);

#[async_trait]
impl Migrations for SqliteMigrations {
    async fn up(&self) -> Result<Vec<String>, MigrationError> {
        self.0.write(|conn| apply_pending(conn).map_err(Failure)).await.map_err(|failure| failure.0)
    }

    async fn down(&self) -> Result<Option<String>, MigrationError> {
        self.0.write(|conn| revert_last(conn).map_err(Failure)).await.map_err(|failure| failure.0)
    }

    async fn status(&self) -> Result<MigrationStatus, MigrationError> {
        self.0.write(|conn| status(conn).map_err(Failure)).await.map_err(|failure| failure.0)
    }
}

/// What a transaction of this module may end with.
struct Failure(MigrationError);

impl From<DieselError> for Failure {
    fn from(error: DieselError) -> Self {
        Self(MigrationError::Unavailable(error.into()))
    }
}

fn apply_pending(conn: &mut SqliteConnection) -> Result<Vec<String>, MigrationError> {
    let status = status(conn)?;
    if !status.unknown.is_empty() {
        return Err(MigrationError::Newer { unknown: status.unknown });
    }
    conn.run_pending_migrations(EMBEDDED).map_err(MigrationError::Failed)?;
    Ok(status.pending)
}

fn revert_last(conn: &mut SqliteConnection) -> Result<Option<String>, MigrationError> {
    let status = status(conn)?;
    if !status.unknown.is_empty() {
        return Err(MigrationError::Newer { unknown: status.unknown });
    }
    let Some(last) = status.applied.last().cloned() else { return Ok(None) };
    conn.revert_last_migration(EMBEDDED).map_err(MigrationError::Failed)?;
    Ok(Some(last))
}

fn status(conn: &mut SqliteConnection) -> Result<MigrationStatus, MigrationError> {
    let mut applied: Vec<String> = conn
        .applied_migrations()
        .map_err(MigrationError::Unavailable)?
        .iter()
        .map(ToString::to_string)
        .collect();
    applied.sort();
    let known = known()?;
    let (mut status, is_applied) = (MigrationStatus::default(), |v: &String| applied.contains(v));
    let (done, pending): (Vec<_>, Vec<_>) = known.iter().cloned().partition(is_applied);
    status.applied = done;
    status.pending = pending;
    status.unknown = applied.iter().filter(|v| !known.contains(v)).cloned().collect();
    Ok(status)
}

fn known() -> Result<Vec<String>, MigrationError> {
    let all: Vec<Box<dyn Migration<Sqlite>>> =
        EMBEDDED.migrations().map_err(MigrationError::Failed)?;
    Ok(all.iter().map(|migration| migration.name().version().to_string()).collect())
}
