//! The typed sections that the rest of the server is handed.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use tapedeck_cron::{CronTimes, Zone};
use tapedeck_domain::id::DatasetId;
use tapedeck_domain::schedule::ScheduleName;

use crate::effective::Effective;
use crate::origin::Origin;

/// Everything that can be configured.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where and how the API is served.
    pub server: ServerSettings,
    /// How often clients may ask.
    pub rate_limit: RateLimitSettings,
    /// What commands that talk to a server need.
    pub client: ClientSettings,
    /// Where jobs are kept.
    pub database: DatabaseSettings,
    /// What is logged, and how.
    pub logging: LoggingSettings,
    /// Where traces and metrics go.
    pub telemetry: TelemetrySettings,
    /// How backtests are run.
    pub executor: ExecutorSettings,
    /// What is around each run.
    pub sandbox: SandboxSettings,
    /// How large sweeps may be.
    pub sweep: SweepSettings,
    /// How readiness is found out.
    pub readiness: ReadinessSettings,
    /// Where datasets and artifacts live.
    pub files: FileSettings,
    /// What is removed when.
    pub retention: RetentionSettings,
    /// What is done by itself, and when.
    pub schedules: ScheduleSettings,
    /// What is switched on or off.
    pub flags: FlagSettings,
    /// What is kept of the audit trail outside of the database.
    pub audit: AuditSettings,
    /// The external market-data service.
    pub market_data: MarketDataSettings,
    /// Every setting with its value, as it may be shown, and where that came from.
    pub effective: Vec<Effective>,
}

/// Where and how the API is served.
#[derive(Debug, Clone)]
pub struct ServerSettings {
    /// Address to listen on: an IP address or a name that leads to one.
    pub host: String,
    /// Port to listen on; 0 takes a free one.
    pub port: u16,
    /// Origins that may call from a browser.
    pub cors_origins: Vec<String>,
    /// Largest request body, in bytes.
    pub max_body_bytes: usize,
    /// What this process does.
    pub role: Role,
    /// How long a request may take.
    pub request_timeout: Duration,
    /// Names by which clients may call the server.
    pub allowed_hosts: Vec<String>,
    /// How large requests may be, and how slow.
    pub requests: RequestSettings,
    /// How many connections there may be, and how idle.
    pub connections: ConnectionSettings,
    /// The files of certificate and key, if connections are encrypted.
    pub tls: Option<TlsSettings>,
}

/// How large requests may be, and how slow.
#[derive(Debug, Clone, Copy)]
pub struct RequestSettings {
    /// Longest path and query, in bytes.
    pub max_url_bytes: usize,
    /// Most headers.
    pub max_headers: usize,
    /// All headers together, in bytes.
    pub max_header_bytes: usize,
    /// How long the headers may take to arrive.
    pub header_timeout: Duration,
    /// How long the body may take to arrive.
    pub body_timeout: Duration,
}

/// How many connections there may be, and how idle.
#[derive(Debug, Clone, Copy)]
pub struct ConnectionSettings {
    /// How many at the same time.
    pub most: usize,
    /// How long one is kept between two requests.
    pub keep_alive: Duration,
    /// Sockets and event streams of one address.
    pub sockets_per_address: usize,
}

/// The files of certificate and key.
#[derive(Debug, Clone)]
pub struct TlsSettings {
    /// The certificate.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// How often clients may ask, in a minute.
#[derive(Debug, Clone, Copy)]
pub struct RateLimitSettings {
    /// With one key.
    pub by_key: Option<u32>,
    /// From one address.
    pub by_address: Option<u32>,
    /// In vain, from one address.
    pub failures: Option<u32>,
    /// Whether that goes for clients of this machine, too.
    pub loopback: bool,
}

/// What commands that talk to a server need.
#[derive(Debug, Clone)]
pub struct ClientSettings {
    /// Their access key, if they have one.
    pub key: Option<ClientKey>,
}

/// The access key of a command, out of sight.
#[derive(Debug, Clone)]
pub struct ClientKey(pub(crate) SecretString);

impl ClientKey {
    /// The key: for the request alone.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// What a process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Both.
    All,
    /// Answers requests.
    Api,
    /// Runs backtests.
    Worker,
}

impl Settings {
    /// Has the command line say what the process does, whatever the other sources say.
    pub fn set_role(&mut self, role: Role) {
        self.server.role = role;
        if let Some(shown) = self.effective.iter_mut().find(|shown| shown.key == "server.role") {
            role.as_str().clone_into(&mut shown.value);
            shown.origin = Origin::CommandLine("--role");
        }
    }
}

impl Role {
    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Api => "api",
            Self::Worker => "worker",
        }
    }
}

impl ServerSettings {
    /// Host and port together, as they stand in an address of the web.
    pub fn address(&self) -> String {
        let (host, port) = (&self.host, self.port);
        if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
    }
}

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

/// What is logged, and how.
#[derive(Debug, Clone)]
pub struct LoggingSettings {
    /// A filter such as `info,tapedeck_http=debug`.
    pub level: String,
    /// Whether nobody said so.
    pub level_is_default: bool,
    /// How a line looks.
    pub format: LogFormat,
}

/// How a log line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Pretty on a terminal, JSON elsewhere.
    Auto,
    /// One JSON object a line.
    Json,
    /// For people.
    Pretty,
}

/// Where traces and metrics go.
#[derive(Debug, Clone)]
pub struct TelemetrySettings {
    /// The collector, if there is one.
    pub otlp_endpoint: Option<url::Url>,
    /// Headers for it.
    pub otlp_headers: SecretHeaders,
    /// What they are listed under.
    pub service_name: String,
    /// How often they go.
    pub interval: Duration,
}

/// Headers with their values out of sight.
#[derive(Debug, Clone, Default)]
pub struct SecretHeaders(Vec<(String, SecretString)>);

impl SecretHeaders {
    pub(crate) fn new(headers: Vec<(String, SecretString)>) -> Self {
        Self(headers)
    }

    /// Names and values: for the client alone.
    pub fn expose(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.expose_secret()))
    }
}

/// How backtests are run.
#[derive(Debug, Clone)]
pub struct ExecutorSettings {
    /// Runs at the same time.
    pub max_concurrent: usize,
    /// Longest run.
    pub timeout: Duration,
    /// Memory limit of a run, in MiB.
    pub memory_mb: u64,
    /// Processor time of a run, in milliseconds.
    pub cpu_ms: u64,
    /// Bars of a run.
    pub bars: u64,
    /// Orders of a run.
    pub orders: u64,
    /// Lines that a guest strategy may log.
    pub log_lines: u64,
    /// Size of the report of a run, in bytes.
    pub output_bytes: u64,
    /// Queued runs beyond which new ones are refused.
    pub queue_limit: u64,
    /// How long a run may go without a sign of its worker.
    pub lease: Duration,
    /// Starts before a run is given up.
    pub max_attempts: u32,
    /// How long runs may go on when the process is to stop.
    pub drain: Duration,
    /// Runs at the same time in all processes.
    pub max_running: Option<u64>,
    /// Runs of one strategy at the same time in all processes.
    pub max_running_per_strategy: Option<u64>,
}

/// What is around each run.
#[derive(Debug, Clone, Copy)]
pub struct SandboxSettings {
    /// Processes that wait for a run, ready to start it.
    pub standby: usize,
    /// The first user of those that runs become when the server is root.
    pub first_uid: u32,
    /// Largest module of a guest strategy, in bytes.
    pub max_module_bytes: usize,
    /// How long the compilation of a module may take.
    pub compile_timeout: Duration,
    /// What is to happen where a layer cannot be put on.
    pub layers: LayerSettings,
}

/// Whether runs start where a layer cannot be put on: they do where it is not required.
#[derive(Debug, Clone, Copy)]
#[expect(missing_docs, reason = "each is described by its setting")]
pub struct LayerSettings {
    pub uid: LayerNeed,
    pub no_new_privs: LayerNeed,
    pub rlimits: LayerNeed,
    pub landlock: LayerNeed,
    pub seccomp: LayerNeed,
    pub network: LayerNeed,
    pub cgroup: LayerNeed,
}

/// How much a layer is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LayerNeed {
    /// No run starts without it.
    Required,
    /// Runs start without it.
    Preferred,
}

/// How large sweeps may be.
#[derive(Debug, Clone, Copy)]
pub struct SweepSettings {
    /// Combinations that are run.
    pub max_combinations: u64,
    /// Values of one parameter.
    pub max_values: u64,
}

/// How readiness is found out.
#[derive(Debug, Clone)]
pub struct ReadinessSettings {
    /// How long one check may take.
    pub deadline: Duration,
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

/// What is switched on or off.
#[derive(Debug, Clone, Default)]
pub struct FlagSettings {
    /// The flags that somebody configured; all others have their defaults.
    pub configured: BTreeMap<&'static str, bool>,
}

/// The external market-data service.
#[derive(Debug, Clone)]
pub struct MarketDataSettings {
    /// Its URL, if there is one.
    pub url: Option<url::Url>,
    /// What it is shown.
    pub(crate) token: Option<SecretString>,
    /// Datasets that are kept up to date.
    pub datasets: Vec<DatasetId>,
}

impl MarketDataSettings {
    /// What the service is shown: for the client alone.
    pub fn expose_token(&self) -> Option<&str> {
        self.token.as_ref().map(ExposeSecret::expose_secret)
    }
}

/// What is done by itself, and when.
#[derive(Debug, Clone)]
pub struct ScheduleSettings {
    /// The time zone of all expressions.
    pub timezone: Zone,
    /// How late a tick may be begun on purpose.
    pub jitter: Duration,
    /// The expression of each schedule; `None` where it is off.
    pub crons: BTreeMap<ScheduleName, Option<CronSetting>>,
}

/// A cron expression.
#[derive(Debug, Clone)]
pub struct CronSetting {
    /// As it was given.
    pub text: Arc<str>,
    /// When it is due.
    pub times: Arc<CronTimes>,
}
