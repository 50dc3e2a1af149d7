#![doc = include_str!("../README.md")]

mod child;
mod fresh_process;
mod in_process;
#[cfg_attr(not(test), expect(dead_code, reason = "nothing puts them on yet"))]
mod layers;
mod sweep;
mod wire;

pub use child::run_one;
pub use fresh_process::{FreshProcess, SUBCOMMAND};
pub use in_process::InProcessRunner;
pub use sweep::InProcessSweeps;
