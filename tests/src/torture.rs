//! What hurts a server under load, and what proves afterwards that no promise was broken.
#![expect(clippy::panic, reason = "a harness that cannot work fails the test")]

pub mod api;
pub mod body;
pub mod check;
pub mod child;
pub mod events;
pub mod fleet;
pub mod history;
pub mod journal;
pub mod load;
pub mod postgres;
pub mod seed;
pub mod server;
pub mod wire;
