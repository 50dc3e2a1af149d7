#![doc = include_str!("../README.md")]

mod pulse;
mod reaper;
mod renewal;
mod routing;
mod runs;
mod sightings;
mod turns;
mod worker;

pub use pulse::{NoWorker, Pulse, WorkerProbe};
pub use worker::{Worker, WorkerOptions};
