//! One pass over the equity at each close: its mean, its peak, and the falls from it.

use tapedeck_domain::portfolio::Stretch;

/// What one pass over the equity finds.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Shape {
    pub(super) sum: f64,
    pub(super) peak: f64,
    /// Bars at whose close a position was held.
    pub(super) held: usize,
    /// The depth of each fall from a peak, as a fraction of it.
    pub(super) depths: Vec<f64>,
    /// Most bars from a peak to its recovery, or to the end.
    pub(super) longest: usize,
}

/// Bars that are looked at together.
const CHUNK: usize = 16;

/// A fall from a peak that goes on.
struct Walk {
    peak: f64,
    peak_at: usize,
    /// The lowest equity since the peak.
    trough: f64,
    depths: Vec<f64>,
    longest: usize,
}

impl Walk {
    #[inline]
    fn step(&mut self, i: usize, equity: f64) {
        if equity < self.peak {
            self.trough = self.trough.min(equity);
        } else {
            if self.trough < self.peak {
                self.recover(i);
            }
            (self.peak, self.peak_at, self.trough) = (equity, i, equity);
        }
    }

    /// Goes over bars from `start` on. Far from the peak, a handful of them is one low.
    fn hold(&mut self, start: usize, equity: &[f64]) {
        for (k, chunk) in equity.chunks(CHUNK).enumerate() {
            let (low, high) = extremes(chunk);
            if high < self.peak {
                self.trough = self.trough.min(low);
                continue;
            }
            for (i, equity) in chunk.iter().enumerate() {
                self.step(start + k * CHUNK + i, *equity);
            }
        }
    }

    fn recover(&mut self, i: usize) {
        // Below zero there is no fraction of a peak.
        if self.peak > 0.0 {
            self.depths.push(1.0 - self.trough / self.peak);
            self.longest = self.longest.max(i - self.peak_at);
        }
    }
}

/// The lowest and the highest of some values, four at a time: one after the other, each would
/// wait for the one before.
fn extremes(values: &[f64]) -> (f64, f64) {
    let (mut low, mut high) = ([f64::INFINITY; 4], [f64::NEG_INFINITY; 4]);
    let (chunks, rest) = values.as_chunks::<4>();
    for chunk in chunks {
        for k in 0..4 {
            low[k] = if chunk[k] < low[k] { chunk[k] } else { low[k] };
            high[k] = if chunk[k] > high[k] { chunk[k] } else { high[k] };
        }
    }
    let all = || rest.iter().copied();
    (
        all().chain(low).fold(f64::INFINITY, f64::min),
        all().chain(high).fold(f64::NEG_INFINITY, f64::max),
    )
}

/// Looks at each bar over which something is held; while nothing is, one look is enough.
pub(super) fn shape(equity: &[f64], stretches: &[Stretch]) -> Shape {
    let start = f64::NEG_INFINITY;
    let mut walk = Walk { peak: start, peak_at: 0, trough: start, depths: Vec::new(), longest: 0 };
    let (mut sum, mut held) = (0.0, 0);
    for Stretch { bars, portfolio } in stretches {
        if portfolio.position == 0.0 {
            sum += portfolio.cash * bars.len() as f64;
            walk.step(bars.start, portfolio.cash);
            walk.step(bars.end - 1, portfolio.cash);
            continue;
        }
        held += bars.len();
        sum += super::moments::sum(&equity[bars.clone()]);
        walk.hold(bars.start, &equity[bars.clone()]);
    }
    if walk.trough < walk.peak {
        walk.recover(equity.len() - 1);
    }
    Shape { sum, peak: walk.peak, held, depths: walk.depths, longest: walk.longest }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tapedeck_domain::portfolio::Portfolio;

    fn held(equity: &[f64]) -> Shape {
        let portfolio = Portfolio { cash: 0.0, position: 1.0 };
        shape(equity, &[Stretch { bars: 0..equity.len(), portfolio }])
    }

    #[test]
    fn falls_are_measured_from_the_last_bar_of_their_peak_to_the_recovery() {
        let shape = held(&[10.0, 20.0, 20.0, 15.0, 10.0, 20.0, 19.0, 30.0, 27.0]);
        assert_eq!(shape.depths, [0.5, 1.0 - 19.0 / 20.0, 1.0 - 27.0 / 30.0]);
        assert_eq!((shape.longest, shape.peak, shape.sum), (3, 30.0, 171.0));
    }

    #[test]
    fn a_fall_that_never_ends_counts_to_the_last_bar() {
        let shape = held(&[10.0, 5.0, 5.0, 5.0]);
        assert_eq!((shape.depths, shape.longest), (vec![0.5], 3));
    }

    #[test]
    fn a_flat_stretch_counts_as_all_of_its_bars() {
        let flat = Portfolio { cash: 10.0, position: 0.0 };
        let long = Portfolio { cash: 0.0, position: 1.0 };
        let equity = [10.0, 10.0, 10.0, 8.0, 12.0];
        let stretches =
            [Stretch { bars: 0..3, portfolio: flat }, Stretch { bars: 3..5, portfolio: long }];
        let shape = shape(&equity, &stretches);
        assert_eq!((shape.sum, shape.held, shape.longest), (50.0, 2, 2));
    }
}
