#![doc = include_str!("../README.md")]

mod pruner;
mod pulse;
mod reaper;
mod refresher;
mod renewal;
mod routing;
mod runs;
mod sightings;
mod turns;
mod worker;

pub use pruner::Pruner;
pub use pulse::{NoWorker, Pulse, WorkerProbe};
pub use refresher::Refresher;
pub use worker::{Worker, WorkerOptions};
