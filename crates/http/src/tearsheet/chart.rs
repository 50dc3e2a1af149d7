//! Lines over time, as SVG.

use std::fmt::Write as _;

use maud::{Markup, html};
use tapedeck_domain::bars::BarView;

use super::numbers;
use crate::decimate::decimate;

/// A chart of one or more lines over the same bars.
pub(super) struct Chart<'a> {
    /// What it shows, for those who do not see it.
    pub(super) label: &'static str,
    /// The lines, each with its class.
    pub(super) lines: Vec<(&'static str, &'a [f64])>,
    /// Whether the first line is filled down to its base, which is 0.
    pub(super) filled: bool,
    /// How values are written at the axis.
    pub(super) unit: fn(f64) -> String,
    pub(super) height: f64,
}

const WIDTH: f64 = 960.0;
const LEFT: f64 = 84.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 24.0;
/// Points of a line: more than the page has room for.
const POINTS: usize = 1_500;

/// From values to places.
struct Scale {
    low: f64,
    high: f64,
    bars: usize,
    height: f64,
}

impl Scale {
    fn x(&self, bar: usize) -> f64 {
        let last = self.bars.saturating_sub(1).max(1);
        LEFT + (WIDTH - LEFT - 8.0) * bar as f64 / last as f64
    }

    fn y(&self, value: f64) -> f64 {
        let span = (self.high - self.low).max(f64::MIN_POSITIVE);
        TOP + (self.height - TOP - BOTTOM) * (1.0 - (value - self.low) / span)
    }
}

impl Chart<'_> {
    pub(super) fn draw(&self, bars: BarView<'_>) -> Markup {
        let scale = self.scale(bars.len());
        let ticks = ticks(scale.low, scale.high);
        html! {
            svg viewBox=(format!("0 0 {WIDTH} {}", self.height)) role="img" aria-label=(self.label) {
                @for value in &ticks {
                    line.grid x1=(LEFT) x2=(WIDTH - 8.0) y1=(place(scale.y(*value))) y2=(place(scale.y(*value))) {}
                    text.axis x=(LEFT - 8.0) y=(place(scale.y(*value) + 4.0)) text-anchor="end" { ((self.unit)(*value)) }
                }
                @for (bar, anchor) in dates(bars.len()) {
                    text.axis x=(place(scale.x(bar))) y=(place(self.height - 6.0)) text-anchor=(anchor) {
                        (numbers::time(bars.timestamp(bar)))
                    }
                }
                @if self.filled {
                    @if let Some((class, values)) = self.lines.first() {
                        path class=(format!("{class} area")) d=(area(&scale, values)) {}
                    }
                }
                @for (class, values) in &self.lines {
                    path class=(format!("{class} line")) d=(line(&scale, values)) {}
                }
            }
        }
    }

    fn scale(&self, bars: usize) -> Scale {
        let values = || self.lines.iter().flat_map(|(_, values)| values.iter().copied());
        let base = if self.filled { 0.0 } else { f64::NAN };
        let low = values().fold(base, f64::min);
        let high = values().fold(base, f64::max);
        let margin = if self.filled { 0.0 } else { (high - low) * 0.04 };
        // A line that never moves runs through the middle.
        let margin = if high > low { margin } else { high.abs().max(1.0) * 0.01 };
        Scale { low: low - margin, high: high + margin, bars, height: self.height }
    }
}

/// A tenth of a unit is finer than anybody sees.
fn place(value: f64) -> String {
    format!("{value:.1}")
}

fn line(scale: &Scale, values: &[f64]) -> String {
    let mut path = String::new();
    for (k, bar) in decimate(values, POINTS).into_iter().enumerate() {
        let command = if k == 0 { 'M' } else { 'L' };
        // Writing to a string does not fail.
        let _ = write!(path, "{command}{:.1} {:.1}", scale.x(bar), scale.y(values[bar]));
    }
    path
}

fn area(scale: &Scale, values: &[f64]) -> String {
    let (base, last) = (scale.y(0.0), scale.x(values.len().saturating_sub(1)));
    format!("{}L{last:.1} {base:.1}L{:.1} {base:.1}Z", line(scale, values), scale.x(0))
}

/// Four to ten round values from `low` to `high`.
fn ticks(low: f64, high: f64) -> Vec<f64> {
    let span = high - low;
    if !span.is_finite() || span <= 0.0 {
        return vec![low];
    }
    let mut step = 1.0;
    while step > span / 4.0 {
        step /= 10.0;
    }
    while step * 10.0 <= span / 4.0 {
        step *= 10.0;
    }
    let step =
        [5.0, 2.0, 1.0].map(|times| times * step).into_iter().find(|step| span / step >= 4.0);
    let step = step.unwrap_or(span / 4.0);
    let first = (low / step).ceil() as i64;
    let last = (high / step).floor() as i64;
    (first..=last).map(|k| k as f64 * step).collect()
}

/// The bars whose times are written, with how each text is aligned.
fn dates(bars: usize) -> Vec<(usize, &'static str)> {
    match bars {
        0 => Vec::new(),
        1..=4 => vec![(0, "start")],
        n => {
            let at = |k: usize| (n - 1) * k / 4;
            vec![
                (at(0), "start"),
                (at(1), "middle"),
                (at(2), "middle"),
                (at(3), "middle"),
                (at(4), "end"),
            ]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_has_a_few_round_values_within_its_range() {
        for (low, high) in
            [(0.0, 1.0), (99_000.0, 131_313.0), (-0.31, 0.0), (1e-9, 3e-9), (1e9, 7e12)]
        {
            let ticks = ticks(low, high);
            assert!((4..=10).contains(&ticks.len()), "{low} to {high}: {ticks:?}");
            assert!(ticks.iter().all(|tick| (low..=high).contains(tick)), "{ticks:?}");
        }
        assert_eq!(ticks(0.0, 1.0), [0.0, 0.2, 0.4, 0.6000000000000001, 0.8, 1.0]);
        assert_eq!(ticks(5.0, 5.0), [5.0]);
    }

    #[test]
    fn lines_stay_within_the_picture() {
        let values: Vec<f64> = (0..9_999).map(|i| f64::from(i % 100) - 50.0).collect();
        let chart = Chart {
            label: "x",
            lines: vec![("equity", &values)],
            filled: false,
            unit: numbers::money,
            height: 200.0,
        };
        let scale = chart.scale(values.len());
        for (bar, value) in values.iter().enumerate() {
            assert!((LEFT..=WIDTH).contains(&scale.x(bar)));
            assert!((TOP..=200.0 - BOTTOM).contains(&scale.y(*value)));
        }
    }
}
