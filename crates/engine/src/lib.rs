#![doc = include_str!("../README.md")]

mod broker;
mod catalog;
mod control;
mod envelope;
pub mod indicator;
mod lookahead;
pub mod program;
mod simulation;
pub mod statistics;
pub mod strategy;
mod sweep;
pub mod synthetic;

pub use catalog::{BuiltIns, Rules, UnknownStrategy, rules, simulate};
pub use control::{Control, Done, Unattended};
pub use simulation::{Market, run, run_whole};
pub use sweep::Sweep;

/// The version of the results: it changes whenever any result may.
pub const ENGINE_VERSION: &str = "2";
