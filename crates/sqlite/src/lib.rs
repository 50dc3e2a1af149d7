#![doc = include_str!("../README.md")]

mod database;
mod health;
mod location;
mod migrations;

pub use database::{Database, OpenError};
pub use health::DatabaseProbe;
pub use migrations::SqliteMigrations;
