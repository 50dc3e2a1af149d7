//! Numbers for people.

use tapedeck_domain::metrics::{Definition, Figure, Unit};
use tapedeck_domain::time::Timestamp;

/// A figure in its unit; a dash where it has no value.
pub(super) fn figure(definition: &Definition, figure: Figure) -> String {
    match (figure, definition.unit) {
        (Figure::Undefined(_), _) => "\u{2013}".to_owned(),
        (Figure::Value(value), Unit::Money) => money(value),
        (Figure::Value(value), Unit::Fraction) => percent(value),
        (Figure::Value(value), Unit::Count) => grouped(value, 0),
        (Figure::Value(value), Unit::Bars) if value.fract() == 0.0 => grouped(value, 0),
        (Figure::Value(value), Unit::Bars) => grouped(value, 1),
        (Figure::Value(value), Unit::Ratio) => grouped(value, 3),
    }
}

/// Money, to the hundredth.
pub(super) fn money(value: f64) -> String {
    grouped(value, 2)
}

/// A price or a quantity, with as many digits as it has.
pub(super) fn plain(value: f64) -> String {
    let rounded = (value * 1e6).round() / 1e6;
    if rounded.is_finite() { format!("{rounded}") } else { format!("{value}") }
}

/// A fraction, in percent.
pub(super) fn percent(fraction: f64) -> String {
    grouped(fraction * 100.0, 2) + "\u{a0}%"
}

/// How many.
pub(super) fn count(n: usize) -> String {
    grouped(n as f64, 0)
}

/// A day, with the time where there is one.
pub(super) fn time(at: Timestamp) -> String {
    let text = at.to_string();
    match text.strip_suffix("T00:00:00Z") {
        Some(day) => day.to_owned(),
        None => text.replace('T', " ").trim_end_matches('Z').to_owned(),
    }
}

/// With separators of thousands and a real minus.
pub(super) fn grouped(value: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", value.abs());
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let digits = whole.as_bytes().rchunks(3).rev();
    let groups: Vec<&str> = digits.filter_map(|group| std::str::from_utf8(group).ok()).collect();
    let negative = value < 0.0 && text.bytes().any(|digit| (b'1'..=b'9').contains(&digit));
    let sign = if negative { "\u{2212}" } else { "" };
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{}{point}{fraction}", groups.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_rounded_and_never_minus_zero() {
        assert_eq!(money(1_234_567.891), "1,234,567.89");
        assert_eq!(money(-12.5), "\u{2212}12.50");
        assert_eq!(money(-0.001), "0.00");
        assert_eq!(percent(0.12345), "12.35\u{a0}%");
        assert_eq!(count(999), "999");
        assert_eq!(count(1_000), "1,000");
        assert_eq!(plain(0.1 + 0.2), "0.3");
    }

    #[test]
    fn midnight_is_a_day() {
        assert_eq!(time("2024-01-02".parse().unwrap()), "2024-01-02");
        assert_eq!(time("2024-01-02T14:30:00Z".parse().unwrap()), "2024-01-02 14:30:00");
    }
}
