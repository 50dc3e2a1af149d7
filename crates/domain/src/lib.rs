#![doc = include_str!("../README.md")]

pub mod bars;
pub mod chain;
pub mod dataset;
pub mod id;
pub mod indicator;
pub mod job;
pub mod manifest;
pub mod metrics;
pub mod number;
pub mod port;
pub mod portfolio;
pub mod report;
pub mod spec;
pub mod strategy;
pub mod time;
pub mod trading;
