//! Ports: what the product needs from outside, in its own words.
//!
//! One call is one transaction, opened and closed inside the adapter. No connection, no lock
//! and no driver type appears in a signature.

mod clock;
mod dataset;
mod health;
mod ids;
mod migrations;
mod report_store;
mod runner;
mod storage;
mod strategy_catalog;

pub use clock::Clock;
pub use dataset::{DatasetCatalog, DatasetStore};
pub use health::{HealthProbe, Probe, ProbeStatus};
pub use ids::Ids;
pub use migrations::{MigrationError, MigrationStatus, Migrations};
pub use report_store::ReportStore;
pub use runner::{BacktestRunner, RunControl, RunError, RunRequest};
pub use storage::StorageError;
pub use strategy_catalog::StrategyCatalog;
