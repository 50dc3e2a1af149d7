use std::ops::Range;

use tapedeck_domain::bars::BarView;

use super::evaluation::{Columns, Evaluation};
use super::{BLOCK, Program, Signals};

/// The signals of a program over indicators that were computed before.
#[derive(Debug, Clone)]
pub struct Over<'a> {
    program: &'a Program,
    columns: Whole<'a>,
    evaluation: Evaluation,
}

#[derive(Debug, Clone)]
struct Whole<'a> {
    columns: &'a [&'a [f64]],
    /// Where the outputs of each indicator begin.
    first: Vec<usize>,
}

impl<'a> Over<'a> {
    pub(super) fn new(program: &'a Program, columns: &'a [&'a [f64]]) -> Self {
        let mut next = 0;
        let first = program.indicators.iter().map(|indicator| {
            let first = next;
            next += indicator.outputs().len();
            first
        });
        let first = first.collect();
        Self { program, columns: Whole { columns, first }, evaluation: Evaluation::new(program) }
    }
}

impl Signals for Over<'_> {
    fn block(&mut self, bars: BarView<'_>, range: Range<usize>, out: &mut [u8]) {
        for (start, out) in range.step_by(BLOCK).zip(out.chunks_mut(BLOCK)) {
            let part = start..start + out.len();
            self.evaluation.block(self.program, bars, &self.columns, part, out);
        }
    }
}

impl Columns for Whole<'_> {
    fn column(&self, indicator: usize, output: usize, range: Range<usize>) -> &[f64] {
        &self.columns[self.first[indicator] + output][range]
    }
}
