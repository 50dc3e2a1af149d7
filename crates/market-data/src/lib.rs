#![doc = include_str!("../README.md")]

mod probe;

pub use probe::{MarketDataProbe, NoClient, install_tls};
