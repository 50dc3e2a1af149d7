//! Keltner channels.

use tapedeck_domain::bars::BarView;

use super::{atr::Atr, ema::Ema};

/// Keltner channels: average true ranges around the exponential average of the close. All start
/// with the range, a bar after the average could.
#[derive(Debug, Clone)]
pub(super) struct Keltner {
    middle: Ema,
    range: Atr,
    mult: f64,
}

impl Keltner {
    pub(super) fn new(length: usize, mult: f64) -> Self {
        Self { middle: Ema::new(length), range: Atr::new(length), mult }
    }

    /// Upper, middle and lower line at bar `i`; NaN before bar `length`.
    #[inline]
    pub(super) fn next(&mut self, bars: BarView<'_>, i: usize) -> [f64; 3] {
        let middle = self.middle.next(bars.close[i]);
        let range = self.range.next(bars, i);
        if range.is_nan() {
            return [f64::NAN; 3];
        }
        let width = self.mult * range;
        [middle + width, middle, middle - width]
    }
}
