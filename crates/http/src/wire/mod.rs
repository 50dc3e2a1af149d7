//! The shapes of the API, apart from those of the domain.

mod metrics;
mod object;
mod request;
mod resource;
pub(crate) mod rows;

pub use metrics::metrics;
pub use request::{Refusal, parse_backtest};
pub use resource::backtest;
