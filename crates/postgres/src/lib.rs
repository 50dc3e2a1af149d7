#![doc = include_str!("../README.md")]

mod database;
mod datasets;
mod fault;
mod health;
mod jobs;
mod maintenance;
mod migrations;
mod prepared;
mod reach;
mod schedules;
mod strategies;
mod target;
mod wake;

pub use database::{Database, DatabaseOptions, OpenError};
pub use datasets::PostgresDatasets;
pub use health::DatabaseProbe;
pub use jobs::PostgresJobs;
pub use maintenance::PostgresMaintenance;
pub use migrations::PostgresMigrations;
pub use schedules::PostgresSchedules;
pub use strategies::PostgresStrategies;
