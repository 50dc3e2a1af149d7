//! The true range and its average.

use tapedeck_domain::bars::BarView;

use super::wilder::Wilder;

/// The range of bar `i`, widened to the close before; `i` is at least 1.
#[inline]
pub(super) fn true_range(bars: BarView<'_>, i: usize) -> f64 {
    let (high, low, before) = (bars.high[i], bars.low[i], bars.close[i - 1]);
    let to_high = (high - before).abs();
    let to_low = (low - before).abs();
    let widest = if to_high > to_low { to_high } else { to_low };
    if widest > high - low { widest } else { high - low }
}

/// Average true range, smoothed by Wilder. The first bar has no true range.
#[derive(Debug, Clone)]
pub(super) struct Atr(Wilder);

impl Atr {
    pub(super) const fn new(length: usize) -> Self {
        Self(Wilder::new(length))
    }

    /// The average at bar `i`; NaN until `length` true ranges are known.
    #[inline]
    pub(super) fn next(&mut self, bars: BarView<'_>, i: usize) -> f64 {
        if i == 0 { f64::NAN } else { self.0.next(true_range(bars, i)) }
    }
}
