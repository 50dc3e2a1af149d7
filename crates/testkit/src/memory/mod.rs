//! An adapter behind every port that a store implements, in memory.
//!
//! They pass the same suites as the real ones, so what a test learns over them holds.

mod artifacts;
mod audit;
mod datasets;
mod feed;
mod jobs;
mod modules;
mod reports;
mod schedules;
mod strategies;
mod sweeps;

pub use artifacts::MemoryArtifacts;
pub use audit::{MemoryArchive, MemoryHeads};
pub use datasets::{MemoryDatasetCatalog, MemoryDatasets};
pub use jobs::MemoryJobs;
pub use modules::MemoryModules;
pub use reports::MemoryReports;
pub use schedules::{MemoryMaintenance, MemorySchedules};
pub use strategies::MemoryStrategies;
pub use sweeps::MemorySweeps;
