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
pub(crate) use create::{create, idempotency, preferred_wait};
pub(crate) use get::{get, patience};
pub(crate) use list::{list, listed};
pub(crate) use manifest::manifest;
pub(crate) use metrics::metrics;
pub(crate) use remove::remove;
pub(crate) use tables::{equity, fills, orders, trades};
