//! From the equity curve to daily points, returns and drawdown episodes.

use tapedeck_domain::bars::BarView;

/// The last equity of each session day, in order.
pub(super) fn daily(bars: BarView<'_>, equity: &[f64]) -> Vec<f64> {
    let mut points = Vec::new();
    let mut day = None;
    for (i, value) in equity.iter().enumerate() {
        let today = Some(bars.timestamp(i).utc_day());
        match points.last_mut() {
            Some(last) if day == today => *last = *value,
            _ => points.push(*value),
        }
        day = today;
    }
    points
}

/// `x[i] / x[i - 1] - 1`; empty as soon as one point is not above 0, since returns mean nothing
/// after that.
pub(super) fn simple(points: &[f64]) -> Vec<f64> {
    if points.iter().any(|point| *point <= 0.0) {
        return Vec::new();
    }
    points.windows(2).map(|pair| pair[1] / pair[0] - 1.0).collect()
}

/// Falls from a peak: how deep, and how many bars from the peak to the recovery or the end.
pub(super) struct Episodes {
    pub(super) depths: Vec<f64>,
    pub(super) longest: usize,
}

pub(super) fn episodes(drawdown: &[f64]) -> Episodes {
    let mut found = Episodes { depths: Vec::new(), longest: 0 };
    let mut peak = 0;
    let mut depth = 0.0_f64;
    for (i, fall) in drawdown.iter().enumerate() {
        if *fall > 0.0 {
            depth = depth.max(*fall);
            found.longest = found.longest.max(i - peak);
            continue;
        }
        if depth > 0.0 {
            found.depths.push(depth);
            found.longest = found.longest.max(i - peak);
            depth = 0.0;
        }
        peak = i;
    }
    if depth > 0.0 {
        found.depths.push(depth);
    }
    found
}
