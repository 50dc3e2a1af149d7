//! The simple moving average.

use super::resum::{SHORT, resum_every};

/// Simple moving average: the mean of the last `length` values.
///
/// The sum is kept running and taken anew every 256 bars (less often for longer windows), so that
/// rounding noise stays far below the tie threshold of crosses however long the series is.
#[derive(Debug, Clone)]
pub(crate) struct Sma {
    length: usize,
    divisor: f64,
    /// One less than a power of two.
    resum: usize,
    sum: f64,
}

impl Sma {
    pub(crate) fn new(length: usize) -> Self {
        Self { length, divisor: length as f64, resum: resum_every(length) - 1, sum: 0.0 }
    }

    /// The average up to bar `i` of `values`; `None` until there are `length` of them. Bars come
    /// one by one, from 0 on.
    #[inline]
    pub(crate) fn next(&mut self, values: &[f64], i: usize) -> Option<f64> {
        if i >= self.length && i & self.resum != 0 {
            self.sum += values[i] - values[i - self.length];
        } else if i + 1 < self.length {
            return None;
        } else {
            self.sum = values[i + 1 - self.length..=i].iter().sum();
        }
        Some(self.sum / self.divisor)
    }

    /// The averages of the bars from `start` on, as [`next`](Self::next) gives them.
    pub(super) fn block(&mut self, values: &[f64], start: usize, out: &mut [f64]) {
        let mut done = 0;
        while done < out.len() {
            let i = start + done;
            if i < self.length || i & self.resum == 0 {
                out[done] = self.next(values, i).unwrap_or(f64::NAN);
                done += 1;
                continue;
            }
            let n = ((i | self.resum) + 1 - i).min(out.len() - done);
            let leaving = &values[i - self.length..][..n];
            self.slide(&values[i..i + n], leaving, &mut out[done..done + n]);
            done += n;
        }
    }

    /// Goes on to where the sum is taken anew. Sums wait for one another, so divisions are made
    /// apart, several at a time.
    fn slide(&mut self, entering: &[f64], leaving: &[f64], out: &mut [f64]) {
        for ((slot, entering), leaving) in out.iter_mut().zip(entering).zip(leaving) {
            self.sum += entering - leaving;
            *slot = self.sum;
        }
        out.iter_mut().for_each(|sum| *sum /= self.divisor);
    }
}

/// The simple moving average of a series that nobody keeps.
#[derive(Debug, Clone)]
pub(super) struct Smoothing {
    window: Vec<f64>,
    /// Where the oldest value of the window is.
    oldest: usize,
    seen: usize,
    resum: usize,
    sum: f64,
}

impl Smoothing {
    pub(super) fn new(length: usize) -> Self {
        let resum = if length <= SHORT { 1 } else { resum_every(length) };
        Self { window: vec![0.0; length], oldest: 0, seen: 0, resum: resum - 1, sum: 0.0 }
    }

    /// The average of the last values, `x` included; NaN until there are enough.
    #[inline]
    pub(super) fn next(&mut self, x: f64) -> f64 {
        let leaving = std::mem::replace(&mut self.window[self.oldest], x);
        self.oldest += 1;
        if self.oldest == self.window.len() {
            self.oldest = 0;
        }
        self.seen += 1;
        if self.seen < self.window.len() {
            return f64::NAN;
        }
        if self.seen == self.window.len() || self.seen & self.resum == 0 {
            self.sum = self.window.iter().sum();
        } else {
            self.sum += x - leaving;
        }
        self.sum / self.window.len() as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sawtooth() -> Vec<f64> {
        (0..100_000).map(|i| 100.0 + ((i * 7919) % 1000) as f64 * 0.001_3).collect()
    }

    #[test]
    fn the_running_sum_does_not_drift() {
        let values = sawtooth();
        for length in [37, 300, 5000] {
            let mut sma = Sma::new(length);
            for i in 0..values.len() {
                let Some(streamed) = sma.next(&values, i) else { continue };
                if i % 97 == 0 {
                    let shifted: f64 = values[i + 1 - length..=i].iter().map(|x| x - 100.0).sum();
                    let exact = 100.0 + shifted / length as f64;
                    assert!((streamed - exact).abs() <= 1e-13 * exact, "{length}, bar {i}");
                }
            }
        }
    }

    #[test]
    fn the_first_average_comes_with_the_last_bar_of_its_length() {
        let mut sma = Sma::new(3);
        let values = [1.0, 2.0, 3.0, 4.0];
        let averages: Vec<_> = (0..4).map(|i| sma.next(&values, i)).collect();
        assert_eq!(averages, [None, None, Some(2.0), Some(3.0)]);
    }

    #[test]
    fn a_derived_series_is_averaged_like_a_column() {
        let values = sawtooth();
        for length in [1, 3, 16, 17, 300] {
            let (mut sma, mut smoothing) = (Sma::new(length), Smoothing::new(length));
            for (i, x) in values.iter().enumerate().take(5000) {
                let (column, derived) = (sma.next(&values, i), smoothing.next(*x));
                assert_eq!(column.is_none(), derived.is_nan());
                assert!(column.is_none_or(|a| (a - derived).abs() <= 1e-13 * a), "{length}, {i}");
            }
        }
    }
}
