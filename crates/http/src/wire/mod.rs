//! The shapes of the API, apart from those of the domain.

mod differences;
mod event;
mod execution;
mod fields;
mod json;
mod manifest;
mod metrics;
mod object;
mod queue;
mod request;
mod resource;
pub(crate) mod rows;
mod strategy;
mod strategy_body;
mod strategy_module;
mod sweep;
mod sweep_request;
mod system;

pub(crate) use differences::differences;
pub(crate) use event::event;
pub use json::Refusal;
pub(crate) use manifest::{manifest, specification};
pub use metrics::metrics;
pub(crate) use metrics::open_trade;
pub use queue::parse_pause;
pub(crate) use queue::queue;
pub use request::parse_backtest;
pub use resource::backtest;
pub use strategy::{params_schema, rules_check, strategy};
pub use strategy_body::{parse_new_strategy, parse_strategy_change, parse_validation};
pub(crate) use strategy_module::{parse_module_change, parse_new_module};
pub use sweep::sweep;
pub(crate) use sweep::{sweep_csv, sweep_lines, sweep_row};
pub use sweep_request::parse_sweep;
pub(crate) use system::system;
