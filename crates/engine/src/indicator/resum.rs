//! How often a running sum is taken anew.

/// Bars between fresh sums of a window of `length`.
///
/// Often enough that rounding noise stays far below the tie threshold of crosses however long the
/// series is; seldom enough that a fresh sum of a long window costs little per bar. It counts bars
/// of the series, so that blocks cannot change it.
pub(super) const fn resum_every(length: usize) -> usize {
    let power = length.next_power_of_two();
    if power < 256 { 256 } else { power }
}

/// Windows up to this length are cheaper to sum at every bar than to keep exact otherwise.
pub(super) const SHORT: usize = 16;
