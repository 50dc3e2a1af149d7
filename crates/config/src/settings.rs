//! The typed sections that the rest of the server is handed.

mod executor;
mod server;
mod store;
mod telemetry;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use tapedeck_cron::{CronTimes, Zone};
use tapedeck_domain::id::DatasetId;
use tapedeck_domain::schedule::ScheduleName;

use crate::effective::Effective;
use crate::origin::Origin;

pub use executor::{ExecutorSettings, LayerNeed, LayerSettings, SandboxSettings, SweepSettings};
pub use server::{
    ClientKey, ClientSettings, ConnectionSettings, RateLimitSettings, RequestSettings, Role,
    ServerSettings, TlsSettings,
};
pub use store::{
    AuditSettings, DatabaseSettings, DatabaseUrl, FileSettings, PostgresUrl, RetentionSettings,
};
pub use telemetry::{
    LogFormat, LoggingSettings, ReadinessSettings, SecretHeaders, TelemetrySettings,
};

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
