//! Strategies: what looks at a bar and decides.

mod buy_and_hold;
mod by_signals;

use std::ops::Range;

use tapedeck_domain::bars::BarView;
use tapedeck_domain::spec::Direction;
use tapedeck_domain::trading::TradeSide;

pub use crate::broker::{Account, Ticket};

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
    /// What is held at the close.
    pub account: Account<'a>,
}

/// What a strategy wants done at the next open.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Decision {
    /// Nothing.
    Hold,
    /// Nothing, now or ever: the run ends with this bar.
    Stop,
    /// Open a position, by the kind of entry that the specification names.
    Enter(TradeSide),
    /// Close the position, at the market.
    Exit,
    /// Open a position by an order of the strategy's own.
    EnterBy {
        /// Which way.
        side: TradeSide,
        /// The order.
        ticket: Ticket,
        /// Bars that it lives.
        valid_bars: usize,
    },
    /// Close the position by an order of the strategy's own; it replaces one that waits.
    ExitBy {
        /// The order.
        ticket: Ticket,
        /// Bars that it lives.
        valid_bars: usize,
    },
}

/// A set of rules with its memory of the bars so far.
pub trait Strategy {
    /// Called with each block of bars before the first of them is decided on, in order. What is
    /// computed ahead must depend, for each bar, on that bar and earlier ones only.
    fn prepare(&mut self, _bars: BarView<'_>, _block: Range<usize>) {}

    /// The first bar from `i` on, and before `end`, at which [`on_close`](Self::on_close) may say
    /// anything but [`Decision::Hold`] while the position is `position`; `end` when there is none.
    fn next(&self, i: usize, _end: usize, _position: Option<TradeSide>) -> usize {
        i
    }

    /// Called in the order of bars; bars over which nothing can happen are left out as
    /// [`next`](Self::next) allows.
    fn on_close(&mut self, context: Context<'_>) -> Decision;
}
