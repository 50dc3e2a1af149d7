//! The average directional index.

use tapedeck_domain::bars::BarView;

use super::atr::true_range;

/// Average directional index, by Wilder.
///
/// As in TA-Lib, the sums of directional movement and of true range start with `length - 1` bars;
/// a bar without movement adds nothing to what starts the index and leaves the index as it was
/// later on.
#[derive(Debug, Clone)]
pub(super) struct Adx {
    length: usize,
    up: f64,
    down: f64,
    range: f64,
    /// A sum until there are `length` values.
    index: f64,
}

impl Adx {
    pub(super) const fn new(length: usize) -> Self {
        Self { length, up: 0.0, down: 0.0, range: 0.0, index: 0.0 }
    }

    /// The index at bar `i`; NaN before bar `2 * length - 1`.
    #[inline]
    pub(super) fn next(&mut self, bars: BarView<'_>, i: usize) -> f64 {
        if i == 0 {
            return f64::NAN;
        }
        let length = self.length as f64;
        self.move_to(bars, i);
        if i < 2 * self.length {
            self.index += if i < self.length { 0.0 } else { self.directional().unwrap_or(0.0) };
            if i + 1 < 2 * self.length {
                return f64::NAN;
            }
            self.index /= length;
        } else if let Some(directional) = self.directional() {
            self.index = (self.index * (length - 1.0) + directional) / length;
        }
        self.index
    }

    /// Takes in the movement from bar `i - 1` to bar `i`.
    #[inline]
    fn move_to(&mut self, bars: BarView<'_>, i: usize) {
        if i >= self.length {
            let length = self.length as f64;
            self.up -= self.up / length;
            self.down -= self.down / length;
            self.range -= self.range / length;
        }
        let up = bars.high[i] - bars.high[i - 1];
        let down = bars.low[i - 1] - bars.low[i];
        self.up += if up > down && up > 0.0 { up } else { 0.0 };
        self.down += if down > up && down > 0.0 { down } else { 0.0 };
        self.range += true_range(bars, i);
    }

    /// How one-sided the movement is, from 0 to 100; `None` when there is none.
    #[inline]
    fn directional(&self) -> Option<f64> {
        let up = 100.0 * (self.up / self.range);
        let down = 100.0 * (self.down / self.range);
        let sum = up + down;
        (self.range != 0.0 && sum != 0.0).then(|| 100.0 * ((down - up).abs() / sum))
    }
}
