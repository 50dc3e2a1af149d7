#![doc = include_str!("../README.md")]

mod app;

pub mod cli;
mod components;
mod logging;
mod samples;
mod store;
mod system;

pub use app::{Application, build};
