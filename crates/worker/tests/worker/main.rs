//! The worker over in-memory adapters and a clock that the tests move.

mod claiming;
mod evidence;
mod leases;
mod pruning;
mod readiness;
mod stoppable;
mod stopping;
mod turns;
mod world;
