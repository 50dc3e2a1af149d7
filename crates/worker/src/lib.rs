#![doc = include_str!("../README.md")]

mod measure;
mod outage;
mod pruner;
mod pulse;
mod reaper;
mod renewal;
mod routing;
mod runs;
mod sightings;
mod span;
mod turns;
mod worker;

pub use pruner::Pruner;
pub use pulse::{NoWorker, Pulse, WorkerProbe};
pub use worker::{Worker, WorkerOptions};
