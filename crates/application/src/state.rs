//! The state of a finished backtest at one of its bars.

use std::ops::Range;

use tapedeck_domain::time::Timestamp;
use tapedeck_domain::trading::{Fill, OpenTrade, TradeSide};

use crate::results::Finished;

/// The state at the close of a bar, rebuilt from what the run left.
#[derive(Debug, Clone, PartialEq)]
pub struct BarState {
    /// The bar, from 0 within the range.
    pub bar: usize,
    /// Its time.
    pub time: Timestamp,
    /// Money.
    pub cash: f64,
    /// Units; negative when short.
    pub position: f64,
    /// Cash plus the marked position.
    pub equity: f64,
    /// Fall from the highest equity so far.
    pub drawdown: f64,
    /// What is held.
    pub open_trade: Option<OpenTrade>,
    /// Orders that wait, as indexes of the run's orders.
    pub working: Vec<usize>,
    /// Fills of the bar, as indexes of the run's fills.
    pub fills: Range<usize>,
}

/// The bar that covers a moment; `None` before the first bar and after the last one.
pub fn bar_at(run: &Finished, at: Timestamp) -> Option<usize> {
    let bars = run.bars();
    let last = bars.len().checked_sub(1)?;
    let interval = run.job.submission.interval.as_nanos();
    let end = bars.timestamp(last).saturating_add_nanos(interval - 1);
    let started = bars.time.partition_point(|time| *time <= at.as_nanos());
    if at > end { None } else { started.checked_sub(1) }
}

/// The state at the close of `bar`; `None` when the run has no such bar.
pub fn state_at(run: &Finished, bar: usize) -> Option<BarState> {
    let (bars, curve) = (run.bars(), run.equity());
    let equity = *curve.equity.get(bar)?;
    let orders = run.report.orders.iter().enumerate();
    let working = orders.filter(|(_, order)| order.is_working_at(bar)).map(|(i, _)| i);
    Some(BarState {
        bar,
        time: bars.timestamp(bar),
        cash: curve.cash[bar],
        position: curve.position[bar],
        equity,
        drawdown: curve.drawdown[bar],
        open_trade: open_trade(&run.report.fills, bar, bars.close[bar]),
        working: working.collect(),
        fills: run.fills_of(&(bar..=bar)),
    })
}

/// Fills since the account was last flat, summed up.
struct Holding {
    position: f64,
    opened: f64,
    paid: f64,
    commission: f64,
    entry_bar: usize,
}

impl Holding {
    const FLAT: Self =
        Self { position: 0.0, opened: 0.0, paid: 0.0, commission: 0.0, entry_bar: 0 };

    fn after(self, fill: &Fill) -> Self {
        let signed = fill.side.sign() * fill.quantity;
        let position = self.position + signed;
        // Parts of an order need not add up to the last bit.
        if position.abs() <= 1e-9 * fill.quantity {
            return Self::FLAT;
        }
        if self.position * signed < 0.0 {
            return Self { position, ..self };
        }
        Self {
            position,
            opened: self.opened + fill.quantity,
            paid: self.paid + fill.quantity * fill.price,
            commission: self.commission + fill.commission,
            entry_bar: if self.opened == 0.0 { fill.bar } else { self.entry_bar },
        }
    }
}

fn open_trade(fills: &[Fill], bar: usize, close: f64) -> Option<OpenTrade> {
    let until = fills.partition_point(|fill| fill.bar <= bar);
    let held = fills[..until].iter().fold(Holding::FLAT, Holding::after);
    let Holding { position, opened, paid, commission, entry_bar } = held;
    if position == 0.0 {
        return None;
    }
    let side = if position > 0.0 { TradeSide::Long } else { TradeSide::Short };
    let entry_price = paid / opened;
    let open_pnl = position * (close - entry_price);
    Some(OpenTrade { side, quantity: position.abs(), entry_bar, entry_price, commission, open_pnl })
}
