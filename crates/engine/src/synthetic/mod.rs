//! Bars from a seeded random walk, for demonstrations and benches.

mod normal;

use normal::Normal;
use tapedeck_domain::bars::{Bars, BarsError, Columns};
use tapedeck_domain::time::Timestamp;

/// Standard deviation of the logarithm of the price over one bar.
const SIGMA: f64 = 0.0008;
/// The same for the gap between a close and the next open.
const GAP: f64 = 0.0001;
/// Steps inside a bar, from which its high and low come.
const STEPS: usize = 4;

/// `rows` bars of a geometric random walk from 100, `interval_ns` apart from `start` on. The same
/// arguments give the same bars, on any machine. Prices are rounded to four decimals, as a
/// market would quote them.
///
/// # Errors
/// When `rows` is 0, or so many intervals that time runs out of its range.
pub fn random_walk(
    rows: usize,
    seed: u64,
    start: Timestamp,
    interval_ns: i64,
) -> Result<Bars, BarsError> {
    let mut normal = Normal::new(seed);
    let mut draw = |n: usize| -> Vec<f64> { (0..n).map(|_| normal.draw()).collect() };
    // In this order, whole columns at a time, as NumPy would draw them.
    let (steps, gaps, volumes) = (draw(rows.saturating_mul(STEPS)), draw(rows), draw(rows));
    let mut columns = Columns::default();
    let (mut log_price, mut close) = (0.0_f64, 100.0_f64);
    for (i, steps) in steps.chunks_exact(STEPS).enumerate() {
        let open = if i == 0 { close } else { quoted(close * libm::exp(GAP * gaps[i])) };
        let (mut high, mut low) = (open, open);
        for step in steps {
            log_price += SIGMA / 2.0 * step;
            close = quoted(100.0 * libm::exp(log_price));
            high = high.max(close);
            low = low.min(close);
        }
        let offset = interval_ns.saturating_mul(i64::try_from(i).unwrap_or(i64::MAX));
        columns.time.push(start.as_nanos().saturating_add(offset));
        columns.open.push(open);
        columns.high.push(high);
        columns.low.push(low);
        columns.close.push(close);
        columns.volume.push(libm::floor(libm::exp(6.0 + 0.8 * volumes[i])) + 1.0);
    }
    Bars::new(columns)
}

fn quoted(price: f64) -> f64 {
    ((price * 10_000.0).round_ties_even() / 10_000.0).max(0.0001)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(rows: usize, seed: u64) -> Bars {
        random_walk(rows, seed, Timestamp::from_nanos(0), 60_000_000_000).unwrap()
    }

    #[test]
    fn the_same_seed_gives_the_same_bars_and_another_seed_others() {
        assert_eq!(walk(1000, 7).content_hash(), walk(1000, 7).content_hash());
        assert_ne!(walk(1000, 7).content_hash(), walk(1000, 8).content_hash());
    }
}
