#![doc = include_str!("../README.md")]

pub mod id;
pub mod port;
pub mod time;
