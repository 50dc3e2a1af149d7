#![doc = include_str!("../README.md")]

pub mod audit;
pub mod dataset;
mod document;
mod feed;
pub mod job;
pub mod queue;
pub mod retention;
pub mod schema;
pub mod strategy;

pub use feed::LocalFeed;
