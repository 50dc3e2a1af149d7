//! The worker over in-memory adapters and a clock that the tests move.

mod claiming;
mod evidence;
mod leases;
mod readiness;
mod scheduling;
mod stoppable;
mod stopping;
mod turns;
mod world;
