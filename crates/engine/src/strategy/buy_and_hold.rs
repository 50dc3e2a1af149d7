use tapedeck_domain::spec::Direction;
use tapedeck_domain::trading::TradeSide;

use super::{Context, Decision, Strategy};

/// In on the first bar, and nothing after it, not even when a stop has closed the position.
#[derive(Debug, Clone, Copy, Default)]
pub struct BuyAndHold;

impl Strategy for BuyAndHold {
    fn next(&self, i: usize, end: usize, _position: Option<TradeSide>) -> usize {
        if i == 0 { 0 } else { end }
    }

    fn on_close(&mut self, context: Context<'_>) -> Decision {
        if context.i > 0 {
            return Decision::Hold;
        }
        Decision::Enter(match context.direction {
            Direction::Long | Direction::Both => TradeSide::Long,
            Direction::Short => TradeSide::Short,
        })
    }
}
