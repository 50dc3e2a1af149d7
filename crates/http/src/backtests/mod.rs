//! `/backtests`: one file an endpoint, or a family of them.

mod cancel;
mod create;
mod diff;
mod get;
mod list;
mod manifest;
mod metrics;
mod remove;
mod report;
mod rerun;
mod result;
mod state;
mod tables;
mod verify;

pub(crate) use cancel::cancel;
pub(crate) use create::{create, idempotency, preferred_wait};
pub(crate) use diff::diff;
pub(crate) use get::{get, patience};
pub(crate) use list::{list, listed};
pub(crate) use manifest::manifest;
pub(crate) use metrics::{metrics, metrics_body};
pub(crate) use remove::remove;
pub(crate) use report::report;
pub(crate) use rerun::rerun;
pub(crate) use state::state;
pub(crate) use tables::{equity, equity_body, fills, logs, orders, trades};
pub(crate) use verify::verify;
