//! Wilder's smoothing.

/// Wilder's smoothing: the mean of the first `length` values, then `length - 1` parts of what was
/// and one part of what comes.
#[derive(Debug, Clone)]
pub(super) struct Wilder {
    length: usize,
    seen: usize,
    /// A sum until there are `length` values.
    average: f64,
}

impl Wilder {
    pub(super) const fn new(length: usize) -> Self {
        Self { length, seen: 0, average: 0.0 }
    }

    /// The smoothed value with `x`; NaN until there are enough.
    #[inline]
    pub(super) fn next(&mut self, x: f64) -> f64 {
        let length = self.length as f64;
        if self.seen == self.length {
            self.average = (self.average * (length - 1.0) + x) / length;
            return self.average;
        }
        self.average += x;
        self.seen += 1;
        if self.seen < self.length {
            return f64::NAN;
        }
        self.average /= length;
        self.average
    }
}
