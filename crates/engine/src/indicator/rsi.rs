//! The relative strength index.

use super::wilder::Wilder;

/// Relative strength index: the share of gains in gains and losses, both smoothed by Wilder.
/// 0 while nothing has moved at all, as in TA-Lib.
#[derive(Debug, Clone)]
pub(super) struct Rsi {
    gains: Wilder,
    losses: Wilder,
}

impl Rsi {
    pub(super) const fn new(length: usize) -> Self {
        Self { gains: Wilder::new(length), losses: Wilder::new(length) }
    }

    /// The index at bar `i` of `values`; NaN until `length` changes are known.
    #[inline]
    pub(super) fn next(&mut self, values: &[f64], i: usize) -> f64 {
        if i == 0 {
            return f64::NAN;
        }
        let change = values[i] - values[i - 1];
        let gain = self.gains.next(if change > 0.0 { change } else { 0.0 });
        let loss = self.losses.next(if change < 0.0 { -change } else { 0.0 });
        let moved = gain + loss;
        if moved == 0.0 { 0.0 } else { 100.0 * (gain / moved) }
    }
}
