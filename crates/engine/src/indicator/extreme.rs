//! The highest and the lowest of the last values.

/// The highest (or the lowest) of the last `length` values.
///
/// The series is cut into chunks of `length` values. A window covers the end of one chunk and the
/// start of the next, so its extreme is the larger of two: of the end, computed for all ends when a
/// chunk is complete, and of the start, kept running. That is two comparisons a bar, whatever the
/// length (van Herk, Gil and Werman).
#[derive(Debug, Clone)]
pub(super) struct Extreme<const HIGHEST: bool> {
    /// `ends[k]`: the extreme of the last chunk from its value `k` on; NaN before the first chunk
    /// is complete. One more stands for an empty end.
    ends: Vec<f64>,
    /// The extreme of this chunk so far.
    start: f64,
    /// Values of this chunk so far.
    filled: usize,
}

pub(super) type Highest = Extreme<true>;
pub(super) type Lowest = Extreme<false>;

impl<const HIGHEST: bool> Extreme<HIGHEST> {
    const NONE: f64 = if HIGHEST { f64::NEG_INFINITY } else { f64::INFINITY };

    pub(super) fn new(length: usize) -> Self {
        let mut ends = vec![f64::NAN; length];
        ends.push(Self::NONE);
        Self { ends, start: Self::NONE, filled: 0 }
    }

    /// `a` if it is NaN.
    #[inline]
    fn beyond(a: f64, b: f64) -> f64 {
        if (HIGHEST && b > a) || (!HIGHEST && b < a) { b } else { a }
    }

    /// The extreme up to bar `i` of `values`; NaN until there are `length` of them.
    #[inline]
    pub(super) fn next(&mut self, values: &[f64], i: usize) -> f64 {
        let length = self.ends.len() - 1;
        if self.filled == length {
            self.complete(&values[i - length..i]);
        }
        self.start = Self::beyond(self.start, values[i]);
        self.filled += 1;
        Self::beyond(self.ends[self.filled], self.start)
    }

    fn complete(&mut self, chunk: &[f64]) {
        let mut extreme = Self::NONE;
        for (end, x) in self.ends.iter_mut().zip(chunk).rev() {
            extreme = Self::beyond(extreme, *x);
            *end = extreme;
        }
        (self.start, self.filled) = (Self::NONE, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_extreme_of_the_window() {
        let values: Vec<f64> = (0..500).map(|i| f64::from(i * 7919 % 101)).collect();
        for length in [1, 2, 3, 20, 499] {
            let (mut highest, mut lowest) = (Highest::new(length), Lowest::new(length));
            for i in 0..values.len() {
                let (high, low) = (highest.next(&values, i), lowest.next(&values, i));
                if i + 1 < length {
                    assert!(high.is_nan() && low.is_nan());
                    continue;
                }
                let window = values[i + 1 - length..=i].iter().copied();
                assert_eq!(Some(high), window.clone().reduce(f64::max), "{length}, bar {i}");
                assert_eq!(Some(low), window.reduce(f64::min), "{length}, bar {i}");
            }
        }
    }
}
