//! Crosses of two lines.

/// Watches two lines for crosses.
///
/// A cross up at a bar: the first line is above the second there, and was below it when the two
/// last differed. Lines that differ by less than 1e-11 of their size count as equal.
#[derive(Debug, Clone, Default)]
pub(crate) struct Crosses {
    last: Option<Side>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Above,
    Below,
}

/// What two lines did at a bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cross {
    Up,
    Down,
}

/// True ties show noise up to 6e-14 of the prices; the smallest real difference seen is 6e-9.
const TIE: f64 = 1e-11;

impl Crosses {
    #[inline]
    pub(crate) fn next(&mut self, a: f64, b: f64) -> Option<Cross> {
        let difference = a - b;
        if difference.abs() <= TIE * a.abs().max(b.abs()) {
            return None;
        }
        let side = if difference > 0.0 { Side::Above } else { Side::Below };
        let before = self.last.replace(side);
        match (before, side) {
            (Some(Side::Below), Side::Above) => Some(Cross::Up),
            (Some(Side::Above), Side::Below) => Some(Cross::Down),
            (None | Some(_), _) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn being_above_from_the_start_is_no_cross_and_ties_are_bridged() {
        let mut crosses = Crosses::default();
        let seen: Vec<_> = [2.0, 1.0, 0.0, 1.0 + 1e-15, 2.0, 1.0, 0.5]
            .iter()
            .map(|a| crosses.next(*a, 1.0))
            .collect();
        let (up, down) = (Some(Cross::Up), Some(Cross::Down));
        assert_eq!(seen, [None, None, down, None, up, None, down]);
    }
}
