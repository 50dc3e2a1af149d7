//! The standard deviation.

use super::resum::resum_every;

/// Population standard deviation of the last `length` values.
///
/// Sums of differences from a centre near the window, and of their squares, are kept running. They
/// are exact as long as the squares have not been much larger than the scatter; when they have, or
/// when the sums are old, the centre moves to the window's mean and the sums are taken anew. So the
/// deviation of equal values is 0 to the bit, a small one at a huge price keeps its digits, and no
/// threshold decides what is small.
#[derive(Debug, Clone)]
pub(super) struct Deviation {
    length: usize,
    centre: f64,
    sum: f64,
    squares: f64,
    /// The largest `squares` since the sums were taken anew.
    peak: f64,
    age: usize,
}

/// How much larger than the scatter the squares may have been: with 256 steps it bounds the error
/// by 1e-11.
const TRUSTED: f64 = 64.0;

impl Deviation {
    pub(super) const fn new(length: usize) -> Self {
        Self { length, centre: 0.0, sum: 0.0, squares: 0.0, peak: 0.0, age: 0 }
    }

    /// The deviation up to bar `i` of `values`; NaN until there are `length` of them.
    #[inline]
    pub(super) fn next(&mut self, values: &[f64], i: usize) -> f64 {
        if i + 1 < self.length {
            return f64::NAN;
        }
        if i < self.length || !self.moved(values[i], values[i - self.length]) {
            self.recentre(&values[i + 1 - self.length..=i]);
        }
        let scatter = self.scatter();
        if scatter <= 0.0 { 0.0 } else { (scatter / self.length as f64).sqrt() }
    }

    /// The sum of squared differences from the mean.
    #[inline]
    fn scatter(&self) -> f64 {
        self.squares - self.sum * self.sum / self.length as f64
    }

    /// Moves the window by one bar; whether the sums can still be trusted.
    #[inline]
    fn moved(&mut self, entering: f64, leaving: f64) -> bool {
        let (entering, leaving) = (entering - self.centre, leaving - self.centre);
        self.sum += entering - leaving;
        self.squares += entering * entering - leaving * leaving;
        self.age += 1;
        if self.squares > self.peak {
            self.peak = self.squares;
        }
        self.age < resum_every(self.length) && self.peak <= TRUSTED * self.scatter()
    }

    #[inline(never)]
    fn recentre(&mut self, window: &[f64]) {
        let near = window[0];
        let differences: f64 = window.iter().map(|x| x - near).sum();
        self.centre = near + differences / self.length as f64;
        (self.sum, self.squares, self.age) = (0.0, 0.0, 0);
        for x in window {
            let difference = x - self.centre;
            self.sum += difference;
            self.squares += difference * difference;
        }
        self.peak = self.squares;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `shape` is exact in a few bits, so that an offset by a power of two rounds nothing away.
    fn worst(offset: f64, length: usize, shape: impl Fn(u32) -> f64) -> f64 {
        let values: Vec<f64> = (0..5000).map(|i| offset + shape(i)).collect();
        let mut deviation = Deviation::new(length);
        let mut worst = 0.0_f64;
        for i in 0..values.len() {
            let streamed = deviation.next(&values, i);
            if i + 1 >= length {
                let window = values[i + 1 - length..=i].iter().map(|x| x - offset);
                let mean = window.clone().sum::<f64>() / length as f64;
                let exact = window.map(|x| (x - mean) * (x - mean)).sum::<f64>() / length as f64;
                let exact = exact.sqrt();
                let error = if exact == 0.0 { streamed } else { (streamed / exact - 1.0).abs() };
                worst = worst.max(error);
            }
        }
        worst
    }

    #[test]
    fn a_small_deviation_at_a_huge_price_keeps_its_digits() {
        let jitter = |i: u32| f64::from(i * 7919 % 64) / 64.0;
        let trend = |i: u32| f64::from(i) + f64::from(i * 7919 % 64) / 64.0;
        let jump = |i: u32| f64::from(i / 777 * 65_536) + f64::from(i * 7919 % 64) / 64.0;
        for length in [2, 5, 20, 300, 1000] {
            for offset in [0.0, 128.0, 1_073_741_824.0, 1_099_511_627_776.0] {
                assert!(worst(offset, length, jitter) < 1e-10, "jitter {length} {offset}");
                assert!(worst(offset, length, trend) < 1e-10, "trend {length} {offset}");
                assert!(worst(offset, length, jump) < 1e-10, "jump {length} {offset}");
            }
        }
    }

    #[test]
    fn the_running_sums_do_not_drift() {
        let values: Vec<f64> =
            (0..1_000_000).map(|i| f64::from(i % 1000 * 7919 % 1000) * 0.13).collect();
        let mut deviation = Deviation::new(20);
        for i in 0..values.len() {
            let streamed = deviation.next(&values, i);
            if i % 997 == 996 {
                let window = &values[i - 19..=i];
                let mean = window.iter().sum::<f64>() / 20.0;
                let scatter: f64 = window.iter().map(|x| (x - mean) * (x - mean)).sum();
                let error = (streamed / (scatter / 20.0).sqrt() - 1.0).abs();
                assert!(error < 1e-14, "bar {i}: {error:e}");
            }
        }
    }

    #[test]
    fn equal_values_deviate_by_nothing_to_the_bit_whatever_came_before() {
        for price in [100.1, 1e-6 / 3.0, 1e12 + 0.1] {
            let mut values: Vec<f64> = (0..100).map(|i| 3.7 + f64::from(i * 7919 % 64)).collect();
            values.resize(2000, price);
            for length in [2, 20, 90] {
                let mut deviation = Deviation::new(length);
                let all: Vec<f64> = (0..2000).map(|i| deviation.next(&values, i)).collect();
                assert!(all[99] > 1.0);
                assert!(all[99 + length..].iter().all(|x| *x == 0.0), "{price}, {length}");
            }
        }
    }
}
