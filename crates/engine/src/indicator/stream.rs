//! An indicator fed block by block.

use std::ops::Range;

use tapedeck_domain::bars::BarView;
use tapedeck_domain::indicator::Indicator;

use super::state::State;

/// Streaming state of one indicator: fed block by block, in order, from bar 0.
#[derive(Debug, Clone)]
pub struct Stream {
    state: State,
    outputs: usize,
    /// The next bar.
    next: usize,
}

impl Stream {
    /// Before the first bar. Whatever the indicator needs to remember is allocated here.
    pub fn new(indicator: &Indicator) -> Self {
        Self { state: State::new(indicator), outputs: indicator.outputs().len(), next: 0 }
    }

    /// Writes the values of bars `range`, which follow those of the last call, into `out`: for
    /// each output of [`Indicator::outputs`] one slice of the length of `range`. A value is NaN
    /// until defined, and where it is larger than any number.
    ///
    /// Reads no bar at or after `range.end` and allocates nothing. The values are the same, bit
    /// for bit, however the bars are cut into blocks.
    ///
    /// # Panics
    /// If `range` does not follow the last one or exceeds the bars, or if `out` has another shape.
    pub fn block(&mut self, bars: BarView<'_>, range: Range<usize>, out: &mut [&mut [f64]]) {
        assert_eq!(range.start, self.next, "blocks follow each other");
        assert!(range.end <= bars.len(), "a block lies within the bars");
        assert_eq!(out.len(), self.outputs, "one slice for each output");
        assert!(out.iter().all(|slice| slice.len() == range.len()), "one value for each bar");
        self.state.block(bars.first(range.end), range.start, out);
        self.next = range.end;
        out.iter_mut().for_each(|slice| undefine_infinite(slice));
    }
}

/// Sums, squares and ratios of valid bars may exceed the largest number.
fn undefine_infinite(values: &mut [f64]) {
    for value in values {
        *value = if value.abs() == f64::INFINITY { f64::NAN } else { *value };
    }
}
