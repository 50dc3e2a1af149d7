//! Changes over some bars.

/// The rate of change in percent over `length` bars; NaN before bar `length`. 0, as in TA-Lib,
/// where it starts from 0 (a volume may).
#[inline]
pub(super) fn rate_of_change(values: &[f64], i: usize, length: usize) -> f64 {
    match i.checked_sub(length).map(|from| values[from]) {
        None => f64::NAN,
        Some(0.0) => 0.0,
        Some(from) => (values[i] / from - 1.0) * 100.0,
    }
}

/// The change over `length` bars; NaN before bar `length`.
#[inline]
pub(super) fn momentum(values: &[f64], i: usize, length: usize) -> f64 {
    i.checked_sub(length).map_or(f64::NAN, |from| values[i] - values[from])
}
