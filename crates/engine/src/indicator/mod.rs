//! Indicators and crosses.

mod cross;
mod sma;

pub(crate) use cross::{Cross, Crosses};
pub(crate) use sma::Sma;
