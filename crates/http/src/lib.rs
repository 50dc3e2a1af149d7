#![doc = include_str!("../README.md")]

mod audit;
pub mod audit_json;
mod backtests;
mod caching;
mod datasets;
mod decimate;
mod definitions;
mod documents;
mod events;
mod extract;
mod faults;
mod flags;
mod format;
mod health;
mod logging;
mod measure;
mod metrics;
mod middleware;
#[cfg(any(test, feature = "describe"))]
mod openapi;
mod paging;
mod playback;
mod problem;
mod problem_example;
mod queue;
mod render;
mod routes;
mod schedules;
mod server;
mod services;
mod sse;
mod starting;
mod strategies;
mod sweeps;
mod system;
mod tearsheet;
pub mod wire;

pub use documents::{OPENAPI, error_codes_markdown};
#[cfg(any(test, feature = "describe"))]
pub use openapi::json as describe;
pub use playback::ws_protocol;
pub use problem::{Code, Problem};
pub use server::{HttpOptions, Server, ServerHandle};
pub use services::{ModuleOptions, Scrape, Services, SweepServices};
pub use starting::{StartUp, Starting};
