//! What `deploy/` and its scripts do, with real processes.

mod backups;
mod files;
mod host;
mod release;
mod starts;
#[path = "../../../crates/postgres/tests/support/mod.rs"]
#[expect(dead_code, reason = "shared with the tests of the adapter")]
mod support;
