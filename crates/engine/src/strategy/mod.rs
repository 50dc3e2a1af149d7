//! Strategies: what looks at a bar and decides.

mod buy_and_hold;
mod by_signals;

use std::ops::Range;

use tapedeck_domain::bars::BarView;
use tapedeck_domain::spec::Direction;
use tapedeck_domain::trading::TradeSide;

pub use buy_and_hold::BuyAndHold;
pub use by_signals::BySignals;

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
    /// Called before the bars of a block; blocks follow each other from bar 0 on.
    fn prepare(&mut self, _bars: BarView<'_>, _block: Range<usize>) {}

    /// The first bar of `i..end`, within the block, at which [`Self::on_close`] may say anything
    /// but [`Decision::Hold`] while the position stays as it is; `end` when there is none. Bars
    /// before it may be skipped.
    fn next(&self, i: usize, _end: usize, _position: Option<TradeSide>) -> usize {
        i
    }

    /// Called for a bar that has closed, in order from bar 0 on.
    fn on_close(&mut self, context: Context<'_>) -> Decision;
}
