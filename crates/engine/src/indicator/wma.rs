//! The linearly weighted moving average.

use super::resum::{SHORT, resum_every};

/// Linearly weighted moving average: the newest of `length` values weighs `length`, the oldest 1.
///
/// Both sums are kept running and taken anew like those of the simple average; those of a short
/// window at every bar, since noise of the plain sum piles up in the weighted one.
#[derive(Debug, Clone)]
pub(super) struct Wma {
    length: usize,
    newest: f64,
    divisor: f64,
    resum: usize,
    plain: f64,
    weighted: f64,
}

impl Wma {
    pub(super) fn new(length: usize) -> Self {
        let newest = length as f64;
        let resum = if length <= SHORT { 1 } else { resum_every(length) };
        let divisor = newest * (newest + 1.0) / 2.0;
        Self { length, newest, divisor, resum: resum - 1, plain: 0.0, weighted: 0.0 }
    }

    /// The average up to bar `i` of `values`; NaN until there are `length` of them.
    #[inline]
    pub(super) fn next(&mut self, values: &[f64], i: usize) -> f64 {
        if i >= self.length && i & self.resum != 0 {
            self.weighted += self.newest * values[i] - self.plain;
            self.plain += values[i] - values[i - self.length];
        } else if i + 1 < self.length {
            return f64::NAN;
        } else {
            let window = &values[i + 1 - self.length..=i];
            self.plain = window.iter().sum();
            self.weighted = window.iter().zip(1_u32..).map(|(x, k)| x * f64::from(k)).sum();
        }
        self.weighted / self.divisor
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_running_sums_do_not_drift() {
        let sawtooth = |i: u32| 100.0 + f64::from(i * 7919 % 1000) * 0.001_3;
        let values: Vec<f64> = (0..100_000).map(sawtooth).collect();
        for length in [2, 16, 17, 60, 1000] {
            let mut wma = Wma::new(length);
            for i in 0..values.len() {
                let streamed = wma.next(&values, i);
                if i + 1 >= length && i % 97 == 0 {
                    let terms = values[i + 1 - length..=i].iter().zip(1_u32..);
                    let shifted: f64 = terms.map(|(x, k)| (x - 100.0) * f64::from(k)).sum();
                    let exact = 100.0 + shifted / (length * (length + 1) / 2) as f64;
                    assert!((streamed - exact).abs() <= 1e-13 * exact, "{length}, bar {i}");
                }
            }
        }
    }
}
