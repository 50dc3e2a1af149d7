#![doc = include_str!("../README.md")]

mod app;
pub mod cli;
mod logging;
mod store;
mod system;

pub use app::{Application, build};
