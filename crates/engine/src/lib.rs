#![doc = include_str!("../README.md")]

mod broker;
mod catalog;
mod control;
pub mod indicator;
pub mod program;
mod simulation;
pub mod statistics;
pub mod strategy;
pub mod synthetic;

pub use catalog::{BuiltIns, Rules, UnknownStrategy, rules, simulate};
pub use control::{Control, Unattended};
pub use simulation::run;

/// The version of the results: it changes whenever any result may.
pub const ENGINE_VERSION: &str = "1";
