#![doc = include_str!("../README.md")]

mod backtests;
mod caching;
mod datasets;
mod decimate;
mod definitions;
mod documents;
mod extract;
mod faults;
mod format;
mod health;
mod middleware;
mod openapi;
mod paging;
mod playback;
mod problem;
mod render;
mod routes;
mod server;
mod services;
mod strategies;
mod sweeps;
mod tearsheet;
pub mod wire;

pub use documents::error_codes_markdown;
pub use openapi::json as openapi_json;
pub use playback::ws_protocol;
pub use problem::{Code, Problem};
pub use server::{HttpOptions, Server, ServerHandle};
pub use services::{Services, SweepServices};
