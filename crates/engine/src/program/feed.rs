use std::ops::Range;

use tapedeck_domain::bars::BarView;
use tapedeck_domain::indicator::Indicator;

use super::BLOCK;
use crate::indicator::Stream;

/// An indicator with the last of its values.
#[derive(Debug, Clone)]
pub(super) struct Feed {
    stream: Stream,
    outputs: Vec<Vec<f64>>,
    /// How many values before a block are kept.
    history: usize,
    /// How many values there are.
    filled: usize,
    /// The bar after the last of them.
    end: usize,
}

impl Feed {
    pub(super) fn new(indicator: &Indicator, history: usize) -> Self {
        // So much room that each value is moved once or so, however far the rules look back.
        let room = history + history.max(BLOCK) + BLOCK;
        let outputs = indicator.outputs().iter().map(|_| vec![f64::NAN; room]).collect();
        Self { stream: Stream::new(indicator), outputs, history, filled: 0, end: 0 }
    }

    /// Computes the values of bars `range`, at most [`BLOCK`] of them.
    pub(super) fn block(&mut self, bars: BarView<'_>, range: Range<usize>) {
        let room = self.outputs.first().map_or(0, Vec::len);
        if self.filled + range.len() > room {
            let kept = self.filled.saturating_sub(self.history)..self.filled;
            self.outputs.iter_mut().for_each(|values| values.copy_within(kept.clone(), 0));
            self.filled = kept.len();
        }
        let new = self.filled..self.filled + range.len();
        self.filled = new.end;
        self.end = range.end;
        let stream = &mut self.stream;
        match &mut self.outputs[..] {
            [a] => stream.block(bars, range, &mut [&mut a[new]]),
            [a, b] => stream.block(bars, range, &mut [&mut a[new.clone()], &mut b[new]]),
            [a, b, c] => {
                let (first, second) = (&mut a[new.clone()], &mut b[new.clone()]);
                stream.block(bars, range, &mut [first, second, &mut c[new]]);
            }
            // No indicator has none, and none has more.
            _ => {}
        }
    }

    /// The values of an output at bars `range`, which are among the last.
    pub(super) fn values(&self, output: usize, range: Range<usize>) -> &[f64] {
        let start = self.filled - (self.end - range.start);
        &self.outputs[output][start..start + range.len()]
    }
}
