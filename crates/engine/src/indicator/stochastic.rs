//! The slow stochastic oscillator.

use tapedeck_domain::bars::BarView;

use super::extreme::{Highest, Lowest};
use super::sma::Smoothing;

/// Slow stochastic oscillator: where the close lies in the range of the last bars, in percent,
/// averaged, and averaged again.
///
/// As in TA-Lib, the close of a range without height lies at 0, and `k` is withheld until `d` is
/// there.
#[derive(Debug, Clone)]
pub(super) struct Stochastic {
    highest: Highest,
    lowest: Lowest,
    k: Smoothing,
    d: Smoothing,
}

impl Stochastic {
    pub(super) fn new(range: usize, smooth: usize, d: usize) -> Self {
        Self {
            highest: Highest::new(range),
            lowest: Lowest::new(range),
            k: Smoothing::new(smooth),
            d: Smoothing::new(d),
        }
    }

    /// `k` and `d` at bar `i`; NaN until both are defined.
    #[inline]
    pub(super) fn next(&mut self, bars: BarView<'_>, i: usize) -> [f64; 2] {
        let highest = self.highest.next(bars.high, i);
        let lowest = self.lowest.next(bars.low, i);
        if highest.is_nan() {
            return [f64::NAN; 2];
        }
        let percent = (highest - lowest) / 100.0;
        let k = self.k.next(if percent == 0.0 { 0.0 } else { (bars.close[i] - lowest) / percent });
        let d = if k.is_nan() { k } else { self.d.next(k) };
        if d.is_nan() { [f64::NAN; 2] } else { [k, d] }
    }
}
