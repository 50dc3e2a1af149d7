#![doc = include_str!("../README.md")]

mod broker;
mod catalog;
mod control;
mod indicator;
mod simulation;
pub mod statistics;
pub mod strategy;
mod sweep;
pub mod synthetic;

pub use catalog::{BuiltIns, simulate};
pub use control::{Control, Unattended};
pub use simulation::{Market, run};
pub use sweep::Sweep;

/// The version of the results: it changes whenever any result may.
pub const ENGINE_VERSION: &str = "2";
