//! Several processes on one Postgres and one data directory.

mod cluster;
mod life;
mod load;
mod mixing;
mod restart;
mod script;
#[path = "../../../crates/postgres/tests/support/mod.rs"]
#[expect(dead_code, reason = "shared with the tests of the adapter")]
mod support;
