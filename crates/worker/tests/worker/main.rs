//! The worker over in-memory adapters and a clock that the tests move.

mod claiming;
mod leases;
mod pruning;
mod world;
