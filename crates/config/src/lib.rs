#![doc = include_str!("../README.md")]

mod effective;
mod env_example;
mod layers;
mod nearest;
mod origin;
mod parse;
mod problem;
mod reference;
mod secret_file;
mod settings;
mod table;

pub use effective::{Effective, effective};
pub use env_example::env_example;
pub use layers::Sources;
pub use origin::Origin;
pub use parse::{load, log_filter};
pub use problem::{Problem, Problems};
pub use reference::reference;
pub use settings::{
    AuditSettings, ClientKey, ClientSettings, ConnectionSettings, CronSetting, DatabaseSettings,
    DatabaseUrl, ExecutorSettings, FileSettings, FlagSettings, LayerNeed, LayerSettings, LogFormat,
    LoggingSettings, MarketDataSettings, PostgresUrl, RateLimitSettings, ReadinessSettings,
    RequestSettings, RetentionSettings, Role, SandboxSettings, ScheduleSettings, SecretHeaders,
    ServerSettings, Settings, SweepSettings, TelemetrySettings, TlsSettings,
};
pub use table::{SETTINGS, Setting};
