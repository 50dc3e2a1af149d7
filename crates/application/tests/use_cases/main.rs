//! The use cases over in-memory adapters and a clock that the tests move.

mod cancel;
mod remove;
mod results;
mod run_one;
mod strategies;
mod submit;
mod sweep;
mod wait;
mod world;
