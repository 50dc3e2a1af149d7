//! Indicators, by the conventions of TA-Lib where it has them.
//!
//! The value at a bar depends on that bar and those before it, never on how the bars are cut into
//! blocks: sums that are kept running are taken anew at fixed places of the series. It is NaN
//! until [`Indicator::first_defined`]. Where a length is too short for TA-Lib (1 for most), the
//! definition is carried on: an average of one value is that value.
//!
//! [`Indicator::first_defined`]: tapedeck_domain::indicator::Indicator::first_defined

mod adx;
mod atr;
mod bollinger;
mod cci;
mod change;
mod columns;
mod deviation;
mod ema;
mod extreme;
mod fill;
mod keltner;
mod macd;
mod resum;
mod rsi;
mod sma;
mod state;
mod stochastic;
mod stream;
mod volume;
mod wilder;
mod wma;

pub use columns::columns;
pub(crate) use sma::Sma;
pub use stream::Stream;
