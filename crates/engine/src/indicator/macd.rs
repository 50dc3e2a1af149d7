//! Moving average convergence and divergence.

use super::ema::Ema;

/// The fast exponential average less the slow one, its own exponential average, and the difference
/// of the two.
///
/// As in TA-Lib, the fast average is started late, so that both have their first value at the same
/// bar, and the line is withheld until its average is there.
#[derive(Debug, Clone)]
pub(super) struct Macd {
    fast: Ema,
    slow: Ema,
    signal: Ema,
    /// The first bar of the fast average.
    fast_from: usize,
}

impl Macd {
    pub(super) fn new(fast: usize, slow: usize, signal: usize) -> Self {
        let fast_from = slow.saturating_sub(fast);
        let (fast, slow, signal) = (Ema::new(fast), Ema::new(slow), Ema::new(signal));
        Self { fast, slow, signal, fast_from }
    }

    /// Line, signal and histogram at bar `i`, whose value is `x`; NaN until all are defined.
    #[inline]
    pub(super) fn next(&mut self, x: f64, i: usize) -> [f64; 3] {
        let slow = self.slow.next(x);
        let fast = if i < self.fast_from { f64::NAN } else { self.fast.next(x) };
        let line = fast - slow;
        let signal = if line.is_nan() { line } else { self.signal.next(line) };
        if signal.is_nan() { [f64::NAN; 3] } else { [line, signal, line - signal] }
    }
}
