//! What a running server says of itself: log lines, metrics, traces.

mod canary;
mod collector;
mod deploy;
mod exposition;
mod lines;
mod metrics;
mod outage;
mod server;
#[path = "../../../crates/postgres/tests/support/mod.rs"]
#[expect(dead_code, reason = "shared with the tests of the adapter")]
mod support;
mod traces;
