#![doc = include_str!("../README.md")]

pub mod dataset;
mod document;
pub mod schema;
