#![doc = include_str!("../README.md")]

mod pulse;
mod reaper;
mod runs;
mod worker;

pub use pulse::{Pulse, WorkerProbe};
pub use worker::{Worker, WorkerOptions};
