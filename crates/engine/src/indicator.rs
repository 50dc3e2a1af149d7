//! Indicators, fed one bar at a time.

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

/// Watches two lines for crosses.
///
/// A cross up at a bar: the first line is above the second there, and was below it when the two
/// last differed. Lines that differ by less than 1e-11 of their size count as equal.
#[derive(Debug, Clone, Default)]
pub(crate) struct Crosses {
    last: Option<Side>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Above,
    Below,
}

/// What two lines did at a bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cross {
    Up,
    Down,
}

/// True ties show noise up to 6e-14 of the prices; the smallest real difference seen is 6e-9.
const TIE: f64 = 1e-11;

impl Crosses {
    #[inline]
    pub(crate) fn next(&mut self, a: f64, b: f64) -> Option<Cross> {
        let difference = a - b;
        if difference.abs() <= TIE * a.abs().max(b.abs()) {
            return None;
        }
        let side = if difference > 0.0 { Side::Above } else { Side::Below };
        let before = self.last.replace(side);
        match (before, side) {
            (Some(Side::Below), Side::Above) => Some(Cross::Up),
            (Some(Side::Above), Side::Below) => Some(Cross::Down),
            (None | Some(_), _) => None,
        }
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

    #[test]
    fn being_above_from_the_start_is_no_cross_and_ties_are_bridged() {
        let mut crosses = Crosses::default();
        let seen: Vec<_> = [2.0, 1.0, 0.0, 1.0 + 1e-15, 2.0, 1.0, 0.5]
            .iter()
            .map(|a| crosses.next(*a, 1.0))
            .collect();
        let (up, down) = (Some(Cross::Up), Some(Cross::Down));
        assert_eq!(seen, [None, None, down, None, up, None, down]);
    }
}
