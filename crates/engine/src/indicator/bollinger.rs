//! Bollinger bands.

use super::{Sma, deviation::Deviation};

/// Bollinger bands: population deviations around the simple average.
#[derive(Debug, Clone)]
pub(super) struct Bollinger {
    middle: Sma,
    deviation: Deviation,
    mult: f64,
}

impl Bollinger {
    pub(super) fn new(length: usize, mult: f64) -> Self {
        Self { middle: Sma::new(length), deviation: Deviation::new(length), mult }
    }

    /// Upper, middle and lower band at bar `i` of `values`; NaN until there are enough.
    #[inline]
    pub(super) fn next(&mut self, values: &[f64], i: usize) -> [f64; 3] {
        let middle = self.middle.next(values, i).unwrap_or(f64::NAN);
        let width = self.mult * self.deviation.next(values, i);
        [middle + width, middle, middle - width]
    }
}
