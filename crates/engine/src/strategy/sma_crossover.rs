use tapedeck_domain::trading::TradeSide;

use super::{Context, Decision, Strategy};
use crate::indicator::{Cross, Crosses, Sma};

/// Long when the fast average crosses above the slow one, short when it crosses below; the
/// opposite cross ends the position.
pub struct SmaCrossover {
    fast: Sma,
    slow: Sma,
    crosses: Crosses,
}

impl SmaCrossover {
    /// Lengths in bars, at least 1.
    pub fn new(fast: usize, slow: usize) -> Self {
        Self { fast: Sma::new(fast), slow: Sma::new(slow), crosses: Crosses::default() }
    }
}

impl Strategy for SmaCrossover {
    #[inline]
    fn on_close(&mut self, context: Context<'_>) -> Decision {
        let closes = context.bars.close;
        let fast = self.fast.next(closes, context.i);
        let slow = self.slow.next(closes, context.i);
        let (Some(fast), Some(slow)) = (fast, slow) else { return Decision::Hold };
        let Some(cross) = self.crosses.next(fast, slow) else { return Decision::Hold };
        let side = match cross {
            Cross::Up => TradeSide::Long,
            Cross::Down => TradeSide::Short,
        };
        match context.position {
            Some(open) if open != side => Decision::Exit,
            None if context.direction.allows(side) => Decision::Enter(side),
            Some(_) | None => Decision::Hold,
        }
    }
}
