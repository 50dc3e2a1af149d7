//! The statistics of a run, as `tapedeck_domain::metrics` defines them.

mod curve;
mod deflated;
mod moments;
mod returns;
mod run;
mod trades;

use tapedeck_domain::bars::BarView;
use tapedeck_domain::metrics::Metrics;
use tapedeck_domain::portfolio::Stretch;
use tapedeck_domain::sweep::RowFigures;
use tapedeck_domain::trading::{Fill, OpenTrade, Order, Trade, TradeSide};

pub use deflated::{ReturnShape, deflated_sharpe};

/// What the statistics are computed from.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The bars that were simulated.
    pub bars: BarView<'a>,
    /// What is bought and held for comparison.
    pub benchmark: BarView<'a>,
    /// Trading days a year.
    pub periods_per_year: u32,
    /// Money at the start.
    pub capital: f64,
    /// Equity at each close.
    pub equity: &'a [f64],
    /// Cash and position at each close.
    pub stretches: &'a [Stretch],
    /// All orders.
    pub orders: &'a [Order],
    /// All fills.
    pub fills: &'a [Fill],
    /// Closed trades.
    pub trades: &'a [Trade],
    /// The open one.
    pub open_trade: Option<&'a OpenTrade>,
    /// Bars that touched stop and target alike.
    pub ambiguous_bars: u64,
}

/// Days of which the bars have any.
pub(crate) fn session_days(bars: BarView<'_>) -> usize {
    returns::daily(bars, bars.close).len()
}

/// The largest fall of an equity curve from a peak, as a fraction of it.
pub(crate) fn max_drawdown(equity: &[f64], stretches: &[Stretch]) -> f64 {
    curve::shape(equity, stretches).depths.iter().copied().fold(0.0, f64::max)
}

/// Those of the run and of all its trades; `None` when not one bar was simulated.
pub(crate) fn row(facts: &Facts<'_>) -> Option<RowFigures> {
    facts.bars.len().checked_sub(1)?;
    let trades = trades::figures(&facts.trades.iter().collect::<Vec<_>>(), facts.open_trade);
    Some(RowFigures { run: run::figures(facts), trades })
}

/// All statistics; `None` when not one bar was simulated.
pub fn metrics(facts: &Facts<'_>) -> Option<Metrics> {
    let last = facts.bars.len().checked_sub(1)?;
    let all = trades::figures(&facts.trades.iter().collect::<Vec<_>>(), facts.open_trade);
    let of = |side: TradeSide| {
        let closed: Vec<&Trade> = facts.trades.iter().filter(|trade| trade.side == side).collect();
        let open = facts.open_trade.filter(|open| open.side == side);
        // Most runs trade on one side: then there is nothing to compute again.
        let is_all = closed.len() == facts.trades.len() && open == facts.open_trade;
        if is_all { all.clone() } else { trades::figures(&closed, open) }
    };
    Some(Metrics {
        start: facts.bars.timestamp(0),
        end: facts.bars.timestamp(last),
        periods_per_year: facts.periods_per_year,
        run: run::figures(facts),
        long: of(TradeSide::Long),
        short: of(TradeSide::Short),
        all,
    })
}
