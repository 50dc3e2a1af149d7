#![doc = include_str!("../README.md")]

mod in_process;
mod sweep;

pub use in_process::InProcessRunner;
pub use sweep::InProcessSweeps;
