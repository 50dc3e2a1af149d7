#![doc = include_str!("../README.md")]

mod answer;
mod candles;
mod probe;

pub use candles::{ClientOptions, MarketDataClient};
pub use probe::{MarketDataProbe, NoClient, install_tls};
