//! The commodity channel index.

use tapedeck_domain::bars::BarView;

/// Commodity channel index: how far the typical price is from its average, in units of 0.015 of
/// its mean deviation. 0, as in TA-Lib, where either is nothing but rounding.
#[derive(Debug, Clone)]
pub(super) struct Cci {
    /// The last typical prices, in no particular order.
    window: Vec<f64>,
    oldest: usize,
}

/// Of the average price; below it a deviation is rounding.
const NOTHING: f64 = 1e-14;

/// Mean of high, low and close.
#[inline]
pub(super) fn typical_price(bars: BarView<'_>, i: usize) -> f64 {
    (bars.high[i] + bars.low[i] + bars.close[i]) / 3.0
}

impl Cci {
    pub(super) fn new(length: usize) -> Self {
        Self { window: vec![0.0; length], oldest: 0 }
    }

    /// The index at bar `i`; NaN until there are `length` bars.
    #[inline]
    pub(super) fn next(&mut self, bars: BarView<'_>, i: usize) -> f64 {
        let price = typical_price(bars, i);
        self.window[self.oldest] = price;
        self.oldest += 1;
        if self.oldest == self.window.len() {
            self.oldest = 0;
        }
        if i + 1 < self.window.len() { f64::NAN } else { self.value(price) }
    }

    /// Sums differences from the newest price, which are exact where it matters.
    fn value(&self, price: f64) -> f64 {
        let length = self.window.len() as f64;
        let average = self.window.iter().map(|x| x - price).sum::<f64>() / length;
        let deviations = self.window.iter().map(|x| (x - price - average).abs());
        let deviation = deviations.sum::<f64>() / length;
        let nothing = NOTHING * (price + average).abs();
        if average.abs() <= nothing || deviation <= nothing {
            return 0.0;
        }
        -average / (0.015 * deviation)
    }
}
