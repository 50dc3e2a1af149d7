//! The exponential moving average.

/// Exponential moving average, started with the simple one of its first `length` values, which
/// need not be kept.
///
/// What starts it is summed as differences from the first value, so that the average of equal
/// values is that value, to the bit, and differences of averages are 0.
#[derive(Debug, Clone)]
pub(super) struct Ema {
    length: usize,
    weight: f64,
    seen: usize,
    first: f64,
    differences: f64,
    average: f64,
}

impl Ema {
    pub(super) fn new(length: usize) -> Self {
        let weight = 2.0 / (length as f64 + 1.0);
        Self { length, weight, seen: 0, first: 0.0, differences: 0.0, average: f64::NAN }
    }

    /// The average of the values up to `x`; NaN until there are enough.
    #[inline]
    pub(super) fn next(&mut self, x: f64) -> f64 {
        if self.seen == self.length {
            self.average = (x - self.average) * self.weight + self.average;
            return self.average;
        }
        self.start(x)
    }

    #[cold]
    fn start(&mut self, x: f64) -> f64 {
        if self.seen == 0 {
            self.first = x;
        }
        self.differences += x - self.first;
        self.seen += 1;
        if self.seen == self.length {
            self.average = self.first + self.differences / self.length as f64;
        }
        self.average
    }
}
