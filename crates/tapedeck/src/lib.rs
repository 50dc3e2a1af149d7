#![doc = include_str!("../README.md")]

mod adapters;
mod app;
mod audit;

mod build_info;
pub mod cli;
mod components;
mod export;
mod listen;
mod live;
mod logging;
mod metrics;
mod retention;
mod samples;
pub mod sandbox;
mod schedules;
mod store;
mod surroundings;
mod system;

pub use adapters::Adapters;
pub use app::{Application, build, build_over};
