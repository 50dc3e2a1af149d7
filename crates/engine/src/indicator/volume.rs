//! Indicators of volume.

use tapedeck_domain::bars::BarView;
use tapedeck_domain::time::DAY_NS;

use super::cci::typical_price;

/// On-balance volume: added when the close rises, taken off when it falls. As in TA-Lib it starts
/// with the volume of the first bar.
#[derive(Debug, Clone, Default)]
pub(super) struct Obv(f64);

impl Obv {
    /// The volume on balance at bar `i`.
    #[inline]
    pub(super) fn next(&mut self, bars: BarView<'_>, i: usize) -> f64 {
        let before = if i == 0 { 0.0 } else { bars.close[i - 1] };
        let (close, volume) = (bars.close[i], bars.volume[i]);
        let fallen = if close < before { -volume } else { 0.0 };
        self.0 += if close > before { volume } else { fallen };
        self.0
    }
}

/// Volume-weighted average of the typical price, anew each session day: the UTC day of the bar's
/// time.
#[derive(Debug, Clone)]
pub(super) struct Vwap {
    /// The first nanosecond of the next day.
    day_ends: i64,
    notional: f64,
    volume: f64,
}

impl Vwap {
    pub(super) const fn new() -> Self {
        Self { day_ends: i64::MIN, notional: 0.0, volume: 0.0 }
    }

    /// The average at bar `i`; NaN until something was traded that day.
    #[inline]
    pub(super) fn next(&mut self, bars: BarView<'_>, i: usize) -> f64 {
        let time = bars.time[i];
        if time >= self.day_ends {
            let next_day = time.div_euclid(DAY_NS) + 1;
            let day_ends = next_day.saturating_mul(DAY_NS);
            *self = Self { day_ends, notional: 0.0, volume: 0.0 };
        }
        self.notional += typical_price(bars, i) * bars.volume[i];
        self.volume += bars.volume[i];
        if self.volume > 0.0 { self.notional / self.volume } else { f64::NAN }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_average_starts_anew_at_utc_midnight_and_waits_for_volume() {
        let time = [-DAY_NS - 1, -DAY_NS, -1, 0, 5, DAY_NS - 1, 9 * DAY_NS];
        let price = [1.0, 2.0, 4.0, 3.0, 5.0, 6.0, 7.0];
        let volume = [1.0, 1.0, 3.0, 0.0, 0.0, 2.0, 1.0];
        let (time, price, volume) = (&time[..], &price[..], &volume[..]);
        let bars = BarView {
            time,
            open: price,
            high: price,
            low: price,
            close: price,
            volume,
            quotes: None,
        };
        let mut vwap = Vwap::new();
        let averages: Vec<_> = (0..7).map(|i| vwap.next(bars, i)).collect();
        assert_eq!(averages[..3], [1.0, 2.0, 3.5]);
        assert!(averages[3].is_nan() && averages[4].is_nan());
        assert_eq!(averages[5..], [6.0, 7.0]);
    }
}
