//! Where things are kept, and for how long.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

/// Where jobs are kept.
#[derive(Debug, Clone)]
pub struct DatabaseSettings {
    /// Which database.
    pub url: DatabaseUrl,
    /// Size of the pool.
    pub max_connections: usize,
    /// How long a call waits for a connection.
    pub acquire_timeout: Duration,
    /// How long one statement may take.
    pub statement_timeout: Duration,
    /// How often start-up tries.
    pub connect_attempts: u32,
    /// Whether start-up migrates.
    pub migrate_on_start: bool,
}

/// Which database, by the scheme of its URL.
#[derive(Debug, Clone)]
pub enum DatabaseUrl {
    /// The embedded database: a file.
    Sqlite(PathBuf),
    /// A PostgreSQL server.
    Postgres(PostgresUrl),
}

impl fmt::Display for DatabaseUrl {
    /// Never shows a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite://{}", path.display()),
            Self::Postgres(url) => f.write_str(&url.redacted),
        }
    }
}

/// A PostgreSQL URL, with its password out of sight.
#[derive(Debug, Clone)]
pub struct PostgresUrl {
    secret: SecretString,
    redacted: String,
}

impl PostgresUrl {
    pub(crate) fn new(url: &url::Url) -> Self {
        let mut shown = url.clone();
        if shown.password().is_some() {
            // Cannot fail: a URL that has a password may have one.
            let _ = shown.set_password(Some("***"));
        }
        // Connection parameters may carry a password, too.
        if shown.query().is_some() {
            shown.set_query(Some("***"));
        }
        Self { secret: url.as_str().into(), redacted: shown.into() }
    }

    /// The whole URL, password included: for the driver alone.
    pub fn expose(&self) -> &str {
        self.secret.expose_secret()
    }
}

/// Where datasets and artifacts live.
#[derive(Debug, Clone)]
pub struct FileSettings {
    /// The directory.
    pub data_dir: PathBuf,
    /// How much it may hold, in bytes.
    pub quota: Option<u64>,
    /// Free space that is left alone, in bytes.
    pub min_free: u64,
}

/// What is kept of the audit trail outside of the database.
#[derive(Debug, Clone)]
pub struct AuditSettings {
    /// The directory.
    pub export_dir: PathBuf,
}

/// What is removed when.
#[derive(Debug, Clone, Copy)]
pub struct RetentionSettings {
    /// After which time runs that succeeded are.
    pub succeeded: Option<Duration>,
    /// After which time runs that failed are.
    pub failed: Option<Duration>,
    /// After which time cancelled runs are.
    pub cancelled: Option<Duration>,
    /// After which time runs whose time was up are.
    pub timed_out: Option<Duration>,
    /// How many of each final state are kept.
    pub keep_latest: Option<u64>,
    /// After which time idempotency keys are.
    pub keys: Duration,
}
