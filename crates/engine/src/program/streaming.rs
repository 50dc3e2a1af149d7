use std::ops::Range;

use tapedeck_domain::bars::BarView;

use super::evaluation::{Columns, Evaluation};
use super::feed::Feed;
use super::{BLOCK, Program, Signals};

/// The signals of a program that computes its indicators on the way.
#[derive(Debug, Clone)]
pub struct Streaming {
    program: Program,
    feeds: Vec<Feed>,
    evaluation: Evaluation,
}

impl Streaming {
    pub(super) fn new(program: Program) -> Self {
        let indicators = program.indicators.iter().zip(&program.history);
        let feeds = indicators.map(|(indicator, history)| Feed::new(indicator, *history)).collect();
        Self { feeds, evaluation: Evaluation::new(&program), program }
    }
}

impl Signals for Streaming {
    fn block(&mut self, bars: BarView<'_>, range: Range<usize>, out: &mut [u8]) {
        for (start, out) in range.clone().step_by(BLOCK).zip(out.chunks_mut(BLOCK)) {
            let part = start..start + out.len();
            self.feeds.iter_mut().for_each(|feed| feed.block(bars, part.clone()));
            self.evaluation.block(&self.program, bars, &self.feeds, part, out);
        }
    }
}

impl Columns for Vec<Feed> {
    fn column(&self, indicator: usize, output: usize, range: Range<usize>) -> &[f64] {
        self[indicator].values(output, range)
    }
}
