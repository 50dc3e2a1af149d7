#![doc = include_str!("../README.md")]

mod child;
mod fresh_process;
pub mod guest;
mod in_process;
mod sweep;
mod wire;

pub use child::run_one;
pub use fresh_process::{FreshProcess, SUBCOMMAND};
pub use in_process::InProcessRunner;
pub use sweep::InProcessSweeps;
