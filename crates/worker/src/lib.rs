#![doc = include_str!("../README.md")]

mod pruner;
mod pulse;
mod reaper;
mod runs;
mod worker;

pub use pruner::Pruner;
pub use pulse::{Pulse, WorkerProbe};
pub use worker::{Worker, WorkerOptions};
