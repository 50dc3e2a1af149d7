//! Strategies: what looks at a bar and decides.

mod sma_crossover;

use tapedeck_domain::bars::BarView;
use tapedeck_domain::spec::Direction;
use tapedeck_domain::trading::TradeSide;

pub use sma_crossover::SmaCrossover;

/// What a strategy may look at when bar `i` has closed: bars up to `i`, and its position.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The bars of the run. Only those up to `i` have happened.
    pub bars: BarView<'a>,
    /// The bar that has closed.
    pub i: usize,
    /// The side of the open position, if there is one.
    pub position: Option<TradeSide>,
    /// Which sides may be traded.
    pub direction: Direction,
}

/// What a strategy wants done at the next open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Nothing.
    Hold,
    /// Open a position.
    Enter(TradeSide),
    /// Close the position.
    Exit,
}

/// A set of rules with its memory of the bars so far.
pub trait Strategy {
    /// Called once a bar, in order, from bar 0 on.
    fn on_close(&mut self, context: Context<'_>) -> Decision;
}
