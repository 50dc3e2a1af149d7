#![doc = include_str!("../README.md")]

mod measure;
mod pulse;
mod reap_lost_jobs;
mod reaper;
mod refresher;
mod renewal;
mod routing;
mod runs;
mod scheduler;
mod sealer;
mod sightings;
mod span;
mod turns;
mod worker;

pub use pulse::{NoWorker, Pulse, WorkerProbe};
pub use reap_lost_jobs::ReapLostJobs;
pub use refresher::Refresher;
pub use scheduler::Scheduler;
pub use sealer::Sealer;
pub use worker::{Worker, WorkerOptions};
