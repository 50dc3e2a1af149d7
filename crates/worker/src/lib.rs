#![doc = include_str!("../README.md")]

mod pruner;
mod pulse;
mod reaper;
mod renewal;
mod routing;
mod runs;
mod sealer;
mod sightings;
mod turns;
mod worker;

pub use pruner::Pruner;
pub use pulse::{NoWorker, Pulse, WorkerProbe};
pub use sealer::Sealer;
pub use worker::{Worker, WorkerOptions};
