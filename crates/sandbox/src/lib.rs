#![doc = include_str!("../README.md")]

mod accounts;
mod child;
pub mod guest;
mod in_process;
mod layers;
mod runner;
mod sweep;
mod wire;

pub use child::{Sealed, run_one, run_one_with};
pub use in_process::InProcessRunner;
pub use runner::{ChildRunner, SUBCOMMAND, SandboxOptions};
pub use sweep::InProcessSweeps;
