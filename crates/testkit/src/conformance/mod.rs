//! One case for each sentence of a port's contract, named like it.
//!
//! A case takes a fresh fixture. The macros at the end of each list make a reported test of
//! every case: `job_store_suite!(fixture)` in a test file of an adapter, where `fixture` is an
//! async function without arguments that returns the fixture of the suite.

pub mod access;
pub mod artifact_catalog;
pub mod audit_archive;
pub mod audit_chain;
pub mod audit_log;
mod audit_macros;
pub mod dataset_catalog;
pub mod dataset_store;
mod fixture;
pub mod head_log;
pub mod job_catalog;
pub mod job_feed;
mod job_macros;
pub mod job_queue;
pub mod job_store;
mod macros;
pub mod model;
pub mod module_store;
pub(crate) mod on_jobs;
pub mod override_store;
pub mod previous_build;
pub mod queue_control;
pub mod report_store;
pub mod retention;
pub mod schedule_store;
pub mod strategy_store;
pub mod sweep_store;

pub use fixture::{
    Access, AllJobs, Archive, Artifacts, Catalog, Corrupt, Files, Guard, Heads, Jobs, Modules,
    Reports, Schedules, Strategies, Sweeps,
};
