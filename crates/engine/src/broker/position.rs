//! The open position: what was bought or sold, at which price, and what it became.

use tapedeck_domain::bars::BarView;
use tapedeck_domain::trading::{ExitReason, OpenTrade, Trade, TradeSide};

use super::protect::Protection;

/// An open position. Prices of several fills are averaged by quantity.
pub(super) struct Position {
    pub(super) side: TradeSide,
    /// Units held now.
    pub(super) held: f64,
    pub(super) entry_bar: usize,
    entered: Leg,
    exited: Leg,
    pub(super) protection: Protection,
}

/// The fills of one way, added up.
#[derive(Clone, Copy, Default)]
struct Leg {
    quantity: f64,
    price: f64,
    commission: f64,
}

impl Leg {
    fn add(&mut self, quantity: f64, price: f64, commission: f64) {
        let total = self.quantity + quantity;
        // One fill keeps its price to the last bit.
        self.price = if self.quantity == 0.0 {
            price
        } else {
            (self.price * self.quantity + price * quantity) / total
        };
        self.quantity = total;
        self.commission += commission;
    }
}

impl Position {
    pub(super) fn new(side: TradeSide, entry_bar: usize) -> Self {
        Self {
            side,
            held: 0.0,
            entry_bar,
            entered: Leg::default(),
            exited: Leg::default(),
            protection: Protection::default(),
        }
    }

    /// The mean price of what was entered.
    pub(super) fn entry_price(&self) -> f64 {
        self.entered.price
    }

    pub(super) fn enter(&mut self, quantity: f64, price: f64, commission: f64) {
        self.entered.add(quantity, price, commission);
        self.held += quantity;
    }

    pub(super) fn exit(&mut self, quantity: f64, price: f64, commission: f64) {
        self.exited.add(quantity, price, commission);
        self.held -= quantity;
    }

    /// The trade that ended in bar `exit_bar`.
    #[inline]
    pub(super) fn trade(
        &self,
        id: u64,
        bars: BarView<'_>,
        exit_bar: usize,
        exit_reason: ExitReason,
    ) -> Trade {
        let (side, quantity, entry_price) = (self.side, self.entered.quantity, self.entered.price);
        let gross = quantity * (side.sign() * (self.exited.price - entry_price));
        let commission = self.entered.commission + self.exited.commission;
        let pnl = gross - commission;
        let (mae, mfe) = self.excursions(bars, exit_bar);
        Trade {
            id,
            side,
            quantity,
            entry_bar: self.entry_bar,
            entry_price,
            exit_bar,
            exit_price: self.exited.price,
            pnl,
            r#return: pnl / (quantity * entry_price),
            commission,
            mae,
            mfe,
            exit_reason,
        }
    }

    /// The position as it stands after bar `last`. Its commission is that of the entry; of a
    /// position that was closed in part, the rest is marked.
    pub(super) fn open_trade(&self, bars: BarView<'_>, last: usize) -> OpenTrade {
        OpenTrade {
            side: self.side,
            quantity: self.held,
            entry_bar: self.entry_bar,
            entry_price: self.entered.price,
            commission: self.entered.commission,
            open_pnl: self.side.sign() * self.held * (bars.close[last] - self.entered.price),
        }
    }

    /// Worst and best open result by low and high, over the bars from entry to exit.
    fn excursions(&self, bars: BarView<'_>, exit_bar: usize) -> (f64, f64) {
        let held = self.entry_bar..=exit_bar;
        let low = extreme(&bars.low[held.clone()], f64::INFINITY, |a, b| a < b);
        let high = extreme(&bars.high[held], f64::NEG_INFINITY, |a, b| a > b);
        let result =
            |price: f64| self.side.sign() * self.entered.quantity * (price - self.entered.price);
        let (a, b) = (result(low), result(high));
        (a.min(b), a.max(b))
    }
}

/// The most extreme of `values`, several at a time: one after the other, each would wait for the
/// one before.
#[inline]
fn extreme(values: &[f64], start: f64, beyond: impl Fn(f64, f64) -> bool) -> f64 {
    let pick = |a: f64, b: f64| if beyond(a, b) { a } else { b };
    let mut best = [start; 8];
    let (chunks, rest) = values.as_chunks::<8>();
    for chunk in chunks {
        for (best, value) in best.iter_mut().zip(chunk) {
            *best = pick(*value, *best);
        }
    }
    rest.iter().chain(&best).fold(start, |best, value| pick(*value, best))
}
