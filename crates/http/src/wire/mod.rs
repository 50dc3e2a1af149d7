//! The shapes of the API, apart from those of the domain.

mod execution;
mod fields;
mod json;
mod metrics;
mod object;
mod request;
mod resource;
pub(crate) mod rows;
mod strategy;
mod strategy_body;
mod sweep;
mod sweep_request;

pub use json::Refusal;
pub use metrics::metrics;
pub use request::parse_backtest;
pub use resource::backtest;
pub use strategy::{params_schema, rules_check, strategy};
pub use strategy_body::{parse_new_strategy, parse_strategy_change, parse_validation};
pub use sweep::sweep;
pub(crate) use sweep::{sweep_row, sweep_table};
pub use sweep_request::parse_sweep;
