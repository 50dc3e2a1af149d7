#![doc = include_str!("../README.md")]

mod accounts;
mod child;
pub mod guest;
mod in_process;
mod layers;
mod runner;
mod sweep;
mod wire;

pub use child::run_one;
pub use in_process::InProcessRunner;
pub use runner::{ChildRunner, SUBCOMMAND, SandboxOptions};
pub use sweep::InProcessSweeps;
