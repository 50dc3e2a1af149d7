//! What a server survives. `make test` runs the short version, `make torture` the long one.

mod clocks;
mod disks;
mod fail_points;
mod freezes;
mod kills;
mod networks;
mod world;
