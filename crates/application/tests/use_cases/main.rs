//! The use cases over in-memory adapters and a clock that the tests move.

mod access;
mod broke_off;
mod cancel;
mod ending;
mod events;
mod guests;
mod live;
mod progress;
mod queue;
mod remove;
mod repeat;
mod results;
mod retention;
mod run_one;
mod state;
mod strategies;
mod submit;
mod sweep;
mod wait;
mod world;
