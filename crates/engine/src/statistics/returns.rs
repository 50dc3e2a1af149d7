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

/// The first bar after `i` that is not before `moment`.
fn first_from(times: &[i64], i: usize, moment: i64) -> usize {
    evenly_spaced(times, i, moment).unwrap_or_else(|| search_from(times, i, moment))
}

/// Where it is if bars are as far apart as here: every look elsewhere would wait for memory.
fn evenly_spaced(times: &[i64], i: usize, moment: i64) -> Option<usize> {
    let (now, next) = (*times.get(i)?, *times.get(i + 1)?);
    let steps = moment.checked_sub(now)?.checked_add(next - now - 1)? / (next - now);
    let guess = i + usize::try_from(steps).ok()?.max(1);
    let before = *times.get(guess - 1)? < moment || guess == i + 1;
    (before && times.get(guess).is_none_or(|time| *time >= moment)).then_some(guess)
}

/// Days are short beside the whole, so steps grow from one.
fn search_from(times: &[i64], i: usize, moment: i64) -> usize {
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
    let growth = equity[n] / equity[0];
    // Sums are taken of distances from a value near the mean, so that one pass is exact enough
    // even where the spread is nothing beside it.
    let centre = libm::expm1(libm::log(growth) / n as f64);
    let (mut first, mut second, mut moved) = (0.0, 0.0, 0);
    for points in stretches.iter().filter_map(|stretch| moving(equity, stretch)) {
        let (sum, squares) = sums(points, centre);
        (first, second, moved) = (first + sum, second + squares, moved + points.len() - 1);
    }
    let still = (n - moved) as f64;
    first -= still * centre;
    second += still * centre * centre;
    let mean = centre + first / n as f64;
    let squares = second - first * first / n as f64;
    super::moments::spread(mean, squares, n).map(|std| (mean, std))
}

/// The points between which a stretch moves, that of the bar before it included; a flat stretch
/// moves only in its first bar, by what was traded there.
fn moving<'a>(equity: &'a [f64], Stretch { bars, portfolio }: &Stretch) -> Option<&'a [f64]> {
    let start = bars.start.saturating_sub(1);
    let end = if portfolio.position == 0.0 { bars.start + 1 } else { bars.end };
    (end - start > 1).then(|| &equity[start..end])
}

/// The sums of the distances of returns from `centre`, and of their squares, in four lanes.
fn sums(points: &[f64], centre: f64) -> (f64, f64) {
    let (before, after) = (&points[..points.len() - 1], &points[1..]);
    let (mut first, mut second) = ([0.0; 4], [0.0; 4]);
    let distance = |before: f64, after: f64| after / before - 1.0 - centre;
    let (chunks_before, rest_before) = before.as_chunks::<4>();
    let (chunks_after, rest_after) = after.as_chunks::<4>();
    for (before, after) in chunks_before.iter().zip(chunks_after) {
        for k in 0..4 {
            let distance = distance(before[k], after[k]);
            first[k] += distance;
            second[k] += distance * distance;
        }
    }
    for (before, after) in rest_before.iter().zip(rest_after) {
        let distance = distance(*before, *after);
        first[0] += distance;
        second[0] += distance * distance;
    }
    (first.iter().sum(), second.iter().sum())
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
            assert_eq!(search_from(&times, i, moment), expected, "{i} {moment}");
        }
        let gaps = [0, 1, 2, 50, 51, 52, 53, 100];
        for (i, moment, expected) in [(0, 40, 3), (0, 2, 2), (2, 51, 4), (3, 60, 7), (0, 101, 8)] {
            assert_eq!(first_from(&gaps, i, moment), expected, "{i} {moment}");
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
