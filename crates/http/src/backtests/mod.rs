//! `/backtests`: one file an endpoint, or a family of them.

mod cancel;
mod create;
mod get;
mod list;
mod manifest;
mod metrics;
mod remove;
mod tables;

pub(crate) use cancel::cancel;
pub(crate) use create::create;
pub(crate) use get::get;
pub(crate) use list::list;
pub(crate) use manifest::manifest;
pub(crate) use metrics::metrics;
pub(crate) use remove::remove;
pub(crate) use tables::{equity, fills, orders, trades};
