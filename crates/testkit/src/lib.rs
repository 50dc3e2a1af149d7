#![doc = include_str!("../README.md")]
#![expect(clippy::unwrap_used, reason = "test code: what cannot be made fails the test")]

pub mod builders;
mod clock;
pub mod conformance;
mod flaky;
mod ids;
mod inspector;
mod isolation;
pub mod memory;
mod runner;
mod storm;
mod wait;

pub use clock::FakeClock;
pub use flaky::{FlakyJobs, FlakyReports};
pub use ids::SequentialIds;
pub use inspector::{Inspection, ScriptedInspector};
pub use isolation::ScriptedIsolation;
pub use runner::{Script, ScriptedRunner};
pub use storm::storm;
pub use wait::{drive, settle};
