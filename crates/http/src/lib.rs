#![doc = include_str!("../README.md")]

mod health;
mod middleware;
mod playback;
mod problem;
mod routes;
mod server;
pub mod wire;

pub use problem::{Code, Problem};
pub use server::{HttpOptions, Server, ServerHandle, Services};
