use async_trait::async_trait;

/// Brings the schema of a store to a version, and says which one it has.
#[async_trait]
pub trait Migrations: Send + Sync {
    /// Applies all pending migrations, oldest first, and names them. None pending: an empty list.
    async fn up(&self) -> Result<Vec<String>, MigrationError>;

    /// Takes the latest migration back and names it; `None` when none is applied.
    async fn down(&self) -> Result<Option<String>, MigrationError>;

    /// Compares what is applied with what this build knows. Changes nothing.
    async fn status(&self) -> Result<MigrationStatus, MigrationError>;
}

/// What is applied, against what this build knows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MigrationStatus {
    /// Applied and known, oldest first.
    pub applied: Vec<String>,
    /// Known and not applied yet, oldest first.
    pub pending: Vec<String>,
    /// Applied and not known: a newer build was here.
    pub unknown: Vec<String>,
}

/// Why the schema could not be changed or read.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    /// The store has migrations that this build does not know.
    #[error("the schema is newer than this build: it has {}", unknown.join(", "))]
    Newer {
        /// The versions that are not known.
        unknown: Vec<String>,
    },
    /// The store does not answer.
    #[error("the database cannot be reached")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A migration failed; it was rolled back.
    #[error("a migration failed")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}
