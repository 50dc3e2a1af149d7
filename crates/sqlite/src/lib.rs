#![doc = include_str!("../README.md")]

mod database;
mod datasets;
mod fault;
mod health;
mod jobs;
mod location;
mod maintenance;
mod migrations;
mod schedules;
mod strategies;

pub use database::{Database, OpenError};
pub use datasets::SqliteDatasets;
pub use health::DatabaseProbe;
pub use jobs::SqliteJobs;
pub use maintenance::SqliteMaintenance;
pub use migrations::SqliteMigrations;
pub use schedules::SqliteSchedules;
pub use strategies::SqliteStrategies;
