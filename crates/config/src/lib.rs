#![doc = include_str!("../README.md")]

mod layers;
mod parse;
mod problem;
mod render;
mod settings;
mod table;

pub use layers::Sources;
pub use parse::load;
pub use problem::{Problem, Problems};
pub use render::{effective, env_example};
pub use settings::{
    DatabaseSettings, DatabaseUrl, ExecutorSettings, FileSettings, LayerNeed, LayerSettings,
    LogFormat, LoggingSettings, MarketDataSettings, PostgresUrl, ReadinessSettings,
    RetentionSettings, Role, SandboxSettings, SecretHeaders, ServerSettings, Settings,
    SweepSettings, TelemetrySettings,
};
pub use table::{SETTINGS, Setting};
