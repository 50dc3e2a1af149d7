//! Modules and processes that mean harm, against real servers.
//!
//! Each row of `guests`, `uploads` and `natives` is an attack and a test: the server stays up and
//! small, a run beside it comes out as ever, the attack ends as its row says, and nothing of it is
//! left. `docs/security.md` lists them all. Where the tests are run as root, `ordinary` runs them
//! again as a user who is nobody.
#![expect(clippy::disallowed_methods, reason = "these tests start programs")]

mod attack;
mod described;
mod footprint;
mod guests;
mod modules;
mod more;
mod natives;
mod ordinary;
mod server;
mod uploads;
