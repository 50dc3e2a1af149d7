//! From values bar by bar to slices.

/// Writes `value(i)` for the bars from `start` on.
#[inline]
pub(super) fn fill(out: &mut [f64], start: usize, mut value: impl FnMut(usize) -> f64) {
    for (k, slot) in out.iter_mut().enumerate() {
        *slot = value(start + k);
    }
}

/// Writes `N` values for each bar from `start` on, one to each of `N` slices of equal length.
#[inline]
pub(super) fn fill_each<const N: usize>(
    out: &mut [&mut [f64]],
    start: usize,
    mut values: impl FnMut(usize) -> [f64; N],
) {
    let bars = out.first().map_or(0, |slice| slice.len());
    for k in 0..bars {
        for (slice, x) in out.iter_mut().zip(values(start + k)) {
            slice[k] = x;
        }
    }
}
