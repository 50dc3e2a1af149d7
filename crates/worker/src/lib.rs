#![doc = include_str!("../README.md")]

mod reaper;
mod runs;
mod worker;

pub use worker::{Worker, WorkerOptions};
