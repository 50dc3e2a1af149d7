//! The simple moving average.

/// Simple moving average: the mean of the last `length` values.
///
/// The sum is kept running and taken anew every 256 bars, so that rounding noise
/// stays far below the tie threshold of crosses however long the series is.
#[derive(Debug, Clone)]
pub(crate) struct Sma {
    length: usize,
    divisor: f64,
    sum: f64,
}

const RESUM_EVERY: usize = 256;

impl Sma {
    pub(crate) fn new(length: usize) -> Self {
        Self { length, divisor: length as f64, sum: 0.0 }
    }

    /// The average up to bar `i` of `values`; `None` until there are `length` of them. Bars come
    /// one by one, from 0 on.
    #[inline]
    pub(crate) fn next(&mut self, values: &[f64], i: usize) -> Option<f64> {
        if i >= self.length && !i.is_multiple_of(RESUM_EVERY) {
            self.sum += values[i] - values[i - self.length];
        } else if i + 1 < self.length {
            return None;
        } else {
            self.sum = values[i + 1 - self.length..=i].iter().sum();
        }
        Some(self.sum / self.divisor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_running_sum_does_not_drift() {
        let values: Vec<f64> =
            (0..100_000).map(|i| 100.0 + ((i * 7919) % 1000) as f64 * 0.001_3).collect();
        let mut sma = Sma::new(37);
        for i in 0..values.len() {
            let Some(streamed) = sma.next(&values, i) else { continue };
            let exact = values[i - 36..=i].iter().sum::<f64>() / 37.0;
            assert!((streamed - exact).abs() <= 1e-13 * exact, "bar {i}");
        }
    }

    #[test]
    fn the_first_average_comes_with_the_last_bar_of_its_length() {
        let mut sma = Sma::new(3);
        let values = [1.0, 2.0, 3.0, 4.0];
        let averages: Vec<_> = (0..4).map(|i| sma.next(&values, i)).collect();
        assert_eq!(averages, [None, None, Some(2.0), Some(3.0)]);
    }
}
