//! Daily points and returns.

use tapedeck_domain::bars::BarView;
use tapedeck_domain::portfolio::Stretch;
use tapedeck_domain::time::DAY_NS;

/// The last equity of each session day, in order.
pub(super) fn daily(bars: BarView<'_>, equity: &[f64]) -> Vec<f64> {
    let mut points = Vec::new();
    let mut i = 0;
    while i < bars.len() {
        let midnight = (bars.timestamp(i).utc_day() + 1).saturating_mul(DAY_NS);
        i = first_from(bars.time, i, midnight);
        points.push(equity[i - 1]);
    }
    points
}

/// The first bar after `i` that is not before `moment`. Days are short beside the whole, so steps
/// grow from one.
fn first_from(times: &[i64], i: usize, moment: i64) -> usize {
    let mut step = 1;
    while i + step < times.len() && times[i + step] < moment {
        step *= 2;
    }
    let (low, high) = (i + step / 2, times.len().min(i + step + 1));
    low + times[low..high].partition_point(|time| *time < moment)
}

/// `x[i] / x[i - 1] - 1`; empty as soon as one point is not above 0, since returns mean nothing
/// after that.
pub(super) fn simple(points: &[f64]) -> Vec<f64> {
    if points.iter().any(|point| *point <= 0.0) {
        return Vec::new();
    }
    points.windows(2).map(|pair| pair[1] / pair[0] - 1.0).collect()
}

/// Mean and standard deviation (ddof 1) of the returns from bar to bar. While nothing is held they
/// are 0, so only the other bars are looked at. `None` where there is no spread but that of
/// rounding. All equity must be above 0: returns mean nothing otherwise.
pub(super) fn bar_moments(equity: &[f64], stretches: &[Stretch]) -> Option<(f64, f64)> {
    let n = equity.len().checked_sub(1).filter(|n| *n > 0)?;
    let moving = || stretches.iter().filter_map(|stretch| moving(equity, stretch));
    let mean = moving().map(|points| sum_of(points, |r| r)).sum::<f64>() / n as f64;
    let moved: usize = moving().map(|points| points.len() - 1).sum();
    let still = (n - moved) as f64 * mean * mean;
    let spread = moving().map(|points| sum_of(points, |r| (r - mean) * (r - mean))).sum::<f64>();
    super::moments::spread(mean, still + spread, n).map(|std| (mean, std))
}

/// The points between which a stretch moves, that of the bar before it included; a flat stretch
/// moves only in its first bar, by what was traded there.
fn moving<'a>(equity: &'a [f64], Stretch { bars, portfolio }: &Stretch) -> Option<&'a [f64]> {
    let start = bars.start.saturating_sub(1);
    let end = if portfolio.position == 0.0 { bars.start + 1 } else { bars.end };
    (end - start > 1).then(|| &equity[start..end])
}

/// The sum of a function of the returns between `points`, in four lanes.
fn sum_of(points: &[f64], f: impl Fn(f64) -> f64) -> f64 {
    let (before, after) = (&points[..points.len() - 1], &points[1..]);
    let mut lanes = [0.0; 4];
    let chunks = before.chunks_exact(4).zip(after.chunks_exact(4));
    for (before, after) in chunks {
        for k in 0..4 {
            lanes[k] += f(after[k] / before[k] - 1.0);
        }
    }
    let done = before.len() / 4 * 4;
    let rest = before[done..].iter().zip(&after[done..]).map(|(a, b)| f(b / a - 1.0));
    lanes.iter().sum::<f64>() + rest.sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tapedeck_domain::portfolio::Portfolio;

    #[test]
    fn the_first_bar_of_a_day_is_found_however_far_it_is() {
        let times: Vec<i64> = (0..100).map(|i| i * 10).collect();
        for (i, moment) in [(0, 1), (0, 10), (0, 15), (3, 31), (3, 990), (3, 9_999), (99, 9_999)] {
            let expected = (i + 1..100).find(|k| times[*k] >= moment).unwrap_or(100);
            assert_eq!(first_from(&times, i, moment), expected, "{i} {moment}");
        }
    }

    #[test]
    fn bar_moments_are_those_of_all_returns() {
        let equity = [10.0, 10.0, 10.0, 11.0, 9.0, 12.0, 13.0, 12.5, 12.5, 12.5];
        let at = |cash, position| Portfolio { cash, position };
        let stretches = [
            Stretch { bars: 0..3, portfolio: at(10.0, 0.0) },
            Stretch { bars: 3..7, portfolio: at(0.0, 1.0) },
            Stretch { bars: 7..10, portfolio: at(12.5, 0.0) },
        ];
        let r = simple(&equity);
        let (mean, std) = bar_moments(&equity, &stretches).unwrap();
        let expected = super::super::moments::mean(&r).unwrap();
        assert!((mean - expected).abs() < 1e-15);
        assert!((std - super::super::moments::std(&r).unwrap()).abs() < 1e-15);
    }
}
