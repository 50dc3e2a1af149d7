//! What a server survives. `make test` runs the short version, `make torture` the long one.

mod fail_points;
mod kills;
mod world;
