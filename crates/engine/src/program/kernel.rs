//! The loops over columns. They are written so that the compiler makes vectors of them.

use std::iter::repeat;

/// The first value is above the second.
pub(super) const ABOVE: u8 = 1;
/// The first value is below the second.
pub(super) const BELOW: u8 = 2;
/// They are equal, but for rounding.
pub(super) const TIED: u8 = 4;

/// True ties show noise up to 6e-14 of the prices; the smallest real difference seen is 6e-9.
const TIE: f64 = 1e-11;

/// How far the first value is above the second, and how far makes no difference.
#[inline]
fn difference(a: f64, b: f64) -> (f64, f64) {
    let (a_size, b_size) = (a.abs(), b.abs());
    // `f64::max` would cost twice as much for the sake of NaN, which the difference carries.
    (a - b, TIE * if a_size > b_size { a_size } else { b_size })
}

/// How two values are related; 0 when one of them is not defined.
#[inline]
pub(super) fn relation(a: f64, b: f64) -> u8 {
    let (difference, tie) = difference(a, b);
    let (above, below) = (difference > tie, difference < -tie);
    u8::from(above) | u8::from(below) << 1 | u8::from(difference.abs() <= tie) << 2
}

/// One side of a comparison.
#[derive(Clone, Copy)]
pub(super) enum Side<'a> {
    Column(&'a [f64]),
    Number(f64),
}

/// Bars that are related together.
const LANES: usize = 8;

/// Relates two sides bar by bar.
pub(super) fn relate(left: Side<'_>, right: Side<'_>, out: &mut [u8]) {
    match (left, right) {
        (Side::Column(left), Side::Column(right)) => {
            let (left, left_rest) = left.as_chunks();
            let (right, right_rest) = right.as_chunks();
            relate_chunks(left, right, out);
            relate_rest(left_rest, right_rest, out);
        }
        (Side::Column(left), Side::Number(right)) => {
            let (left, rest) = left.as_chunks();
            relate_chunks(left, repeat(&[right; LANES]), out);
            relate_rest(rest, repeat(&right), out);
        }
        (Side::Number(left), Side::Column(right)) => {
            let (right, rest) = right.as_chunks();
            relate_chunks(repeat(&[left; LANES]), right, out);
            relate_rest(repeat(&left), rest, out);
        }
        (Side::Number(left), Side::Number(right)) => out.fill(relation(left, right)),
    }
}

/// Values mostly stay on their side for long, so that whole chunks are above or below, and only
/// the others are looked at one by one.
#[inline]
fn relate_chunks<'a>(
    left: impl IntoIterator<Item = &'a [f64; LANES]>,
    right: impl IntoIterator<Item = &'a [f64; LANES]>,
    out: &mut [u8],
) {
    let (chunks, _) = out.as_chunks_mut::<LANES>();
    for ((out, a), b) in chunks.iter_mut().zip(left).zip(right) {
        let (mut above, mut below) = (0_u64, 0_u64);
        for lane in 0..LANES {
            let (difference, tie) = difference(a[lane], b[lane]);
            above += u64::from(difference > tie);
            below += u64::from(difference < -tie);
        }
        if above == LANES as u64 {
            *out = [ABOVE; LANES];
        } else if below == LANES as u64 {
            *out = [BELOW; LANES];
        } else {
            *out = std::array::from_fn(|lane| relation(a[lane], b[lane]));
        }
    }
}

fn relate_rest<'a>(
    left: impl IntoIterator<Item = &'a f64>,
    right: impl IntoIterator<Item = &'a f64>,
    out: &mut [u8],
) {
    let (_, rest) = out.as_chunks_mut::<LANES>();
    for ((out, a), b) in rest.iter_mut().zip(left).zip(right) {
        *out = relation(*a, *b);
    }
}

/// Watches relations for crosses: [`ABOVE`] where the first value is above and was below when
/// they last differed, [`BELOW`] for the other way, else 0. `last` is how they last differed.
pub(super) fn cross(relations: &[u8], last: &mut u8, out: &mut [u8]) {
    let (chunks, rest) = relations.as_chunks::<16>();
    let (out_chunks, out_rest) = out.as_chunks_mut::<16>();
    for (relations, out) in chunks.iter().zip(out_chunks) {
        // Values mostly stay on their side for long.
        if *relations == [*last; 16] {
            *out = [0; 16];
        } else {
            cross_one_by_one(relations, last, out);
        }
    }
    cross_one_by_one(rest, last, out_rest);
}

fn cross_one_by_one(relations: &[u8], last: &mut u8, out: &mut [u8]) {
    for (relation, out) in relations.iter().zip(out) {
        let side = relation & (ABOVE | BELOW);
        // Sides are one bit each, so together they are both only when they differ.
        *out = if side | *last == ABOVE | BELOW { side } else { 0 };
        *last = if side == 0 { *last } else { side };
    }
}

/// 1 where one of the bits of `mask` is set, else 0.
pub(super) fn test(bytes: &[u8], mask: u8, out: &mut [u8]) {
    for (out, byte) in out.iter_mut().zip(bytes) {
        *out = u8::from(byte & mask != 0);
    }
}

/// Leaves 1 only where both are 1.
pub(super) fn and(out: &mut [u8], other: &[u8]) {
    out.iter_mut().zip(other).for_each(|(out, other)| *out &= other);
}

/// Leaves 1 where one of both is 1.
pub(super) fn or(out: &mut [u8], other: &[u8]) {
    out.iter_mut().zip(other).for_each(|(out, other)| *out |= other);
}

/// Makes 0 of 1 and 1 of 0.
pub(super) fn not(out: &mut [u8]) {
    out.iter_mut().for_each(|out| *out ^= 1);
}

/// Leaves 1 only where the relation is defined.
pub(super) fn defined(out: &mut [u8], relations: &[u8]) {
    out.iter_mut().zip(relations).for_each(|(out, relation)| *out &= u8::from(*relation != 0));
}

/// Sets a flag where `truth` is 1.
pub(super) fn set(out: &mut [u8], truth: &[u8], flag: u8) {
    out.iter_mut().zip(truth).for_each(|(out, truth)| *out |= truth * flag);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn being_above_from_the_start_is_no_cross_and_ties_are_bridged() {
        let line = [f64::NAN, 2.0, 1.0, 0.0, 1.0 + 1e-15, f64::NAN, 2.0, 1.0, 0.5];
        let (mut relations, mut crosses, mut last) = ([9; 9], [9; 9], 0);
        relate(Side::Column(&line), Side::Number(1.0), &mut relations);
        assert_eq!(relations, [0, ABOVE, TIED, BELOW, TIED, 0, ABOVE, TIED, BELOW]);
        cross(&relations, &mut last, &mut crosses);
        assert_eq!(crosses, [0, 0, 0, BELOW, 0, 0, ABOVE, 0, BELOW]);
    }

    #[test]
    fn crosses_are_the_same_however_the_bars_are_cut() {
        let relations: Vec<u8> = (0..400_u32)
            .map(|i| [ABOVE, BELOW, TIED, 0][((i / 37) ^ (i / 91)) as usize % 4])
            .collect();
        let mut whole = vec![0; 400];
        cross_one_by_one(&relations, &mut 0, &mut whole);
        for size in [1, 7, 16, 50, 400] {
            let (mut cut, mut last) = (vec![9; 400], 0);
            for (relations, out) in relations.chunks(size).zip(cut.chunks_mut(size)) {
                cross(relations, &mut last, out);
            }
            assert_eq!(cut, whole);
        }
        assert!(whole.contains(&ABOVE) && whole.contains(&BELOW));
    }
}
