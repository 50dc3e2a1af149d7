#![doc = include_str!("../README.md")]

mod assistants;
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
mod gate;
mod health;
mod keys;
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
mod scopes;
mod server;
mod services;
mod sse;
mod starting;
mod strategies;
mod sweeps;
mod system;
mod tearsheet;
mod tickets;
mod tls;
pub mod wire;

pub use documents::{OPENAPI, error_codes_markdown};
pub use gate::{ClientLimits, HostOptions, RateLimits};
#[cfg(any(test, feature = "describe"))]
pub use openapi::json as describe;
pub use playback::ws_protocol;
pub use problem::{Code, Problem};
pub use server::{ConnectionLimits, HttpOptions, Server, ServerHandle};
pub use services::{ModuleOptions, Scrape, Services, SweepServices};
pub use starting::{StartUp, Starting};
pub use tls::{Tls, TlsError};
