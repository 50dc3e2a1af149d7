#![doc = include_str!("../README.md")]

pub mod access;
pub mod audit;
pub mod change;
pub mod dataset;
mod document;
mod feed;
pub mod group;
pub mod job;
pub mod overrides;
pub mod pool;
pub mod queue;
pub mod retention;
pub mod schedule;
pub mod schema;
pub mod strategy;
pub mod submission;

pub use feed::LocalFeed;
pub use group::Group;
