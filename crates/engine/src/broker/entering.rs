//! Entries: what is ordered, how much, and what a fill opens.

use tapedeck_domain::spec::{EntryOrder, FillAt, RiskActive, RiskLevel, Sizing};
use tapedeck_domain::trading::{ExitReason, OrderStatus, RejectReason, TradeSide};

use super::Broker;
use super::position::Position;
use super::protect::{Guard, Protection, levels};
use super::terms::EntryFacts;
use super::working::{Intent, Ticket, Touch};

impl Broker<'_> {
    /// Orders an entry as the specification says, after the close of bar `i`.
    pub(crate) fn enter(&mut self, i: usize, side: TradeSide) {
        let close = self.bars.close[i];
        let away = |fraction: f64| close * (1.0 + side.sign() * fraction);
        let (ticket, valid_bars) = match self.spec.execution.entry {
            EntryOrder::Market => (Ticket::Market, None),
            EntryOrder::Limit { offset_bps, valid_bars } => {
                (Ticket::Limit { limit: away(-offset_bps.as_fraction()) }, Some(valid_bars))
            }
            EntryOrder::Stop { offset_bps, valid_bars } => {
                (Ticket::Stop { stop: away(offset_bps.as_fraction()) }, Some(valid_bars))
            }
            EntryOrder::StopLimit { offset_bps, limit_offset_bps, valid_bars } => {
                let stop = away(offset_bps.as_fraction());
                let limit = stop * (1.0 + side.sign() * limit_offset_bps.as_fraction());
                (Ticket::StopLimit { stop, limit }, Some(valid_bars))
            }
        };
        let valid_bars = valid_bars.map_or(usize::MAX, |bars| bars.get() as usize);
        self.enter_by(i, side, ticket, valid_bars);
    }

    /// Orders an entry after the close of bar `i`. Nothing happens while a position is open or
    /// another entry waits.
    pub(crate) fn enter_by(
        &mut self,
        i: usize,
        side: TradeSide,
        ticket: Ticket,
        valid_bars: usize,
    ) {
        if self.position.is_some() || self.entry.is_some() {
            return;
        }
        let known = match self.spec.sizing {
            Sizing::FixedQuantity { value } => value.get(),
            Sizing::FixedCash { .. }
            | Sizing::PercentOfEquity { .. }
            | Sizing::RiskToStop { .. } => 0.0,
        };
        let quantity = self.terms.in_lots(known);
        let working =
            self.order(i, Intent::Enter(side), side.opened_by(), ticket, quantity, valid_bars);
        self.entry = working;
        if ticket == Ticket::Market && self.spec.execution.fill == FillAt::Close {
            self.fill_entry_at(i, self.bars.close[i], i + 1);
        }
    }

    #[inline]
    pub(super) fn fill_entry(&mut self, i: usize) {
        let Some(entry) = &self.entry else { return };
        let open = self.bars.open[i];
        if entry.ticket == Ticket::Market {
            return self.fill_entry_at(i, open, i);
        }
        match entry.ticket.touched(entry.side, open, self.bars.high[i], self.bars.low[i]) {
            Touch::At(price) => {
                let at_open = price == open;
                let trail_from = if at_open { i } else { i + 1 };
                self.fill_entry_at(i, price, trail_from);
            }
            Touch::Armed | Touch::No => {}
        }
    }

    /// Fills the waiting entry, or as much of it as the bar allows, at the market price `market`.
    pub(super) fn fill_entry_at(&mut self, i: usize, market: f64, trail_from: usize) {
        let Some(mut entry) = self.entry.take() else { return };
        let Intent::Enter(side) = entry.intent else { return };
        let (reference, price) = self.priced(i, entry.ticket, entry.side, market);
        let base = match self.spec.risk.level {
            RiskLevel::EntryPrice => price,
            RiskLevel::SignalClose => entry.signal_close,
        };
        let left = match entry.left.map_or_else(|| self.sized(side, price, base), Ok) {
            Ok(left) => left,
            Err(reason) => return self.ledger.reject(entry.order, i, reason),
        };
        if entry.left.is_none() {
            self.ledger.orders[entry.order].quantity = left;
        }
        entry.left = Some(left);
        let room = self.room(i);
        let quantity = if left <= room { left } else { self.terms.in_lots(room) };
        if quantity <= 0.0 {
            self.entry = Some(entry);
            return;
        }
        let commission = self.terms.commission(&mut entry.charged, quantity, price);
        // The proceeds of a short sale are cash, so only buying needs any; but nobody has so much
        // that numbers end.
        let needed = quantity * price + commission;
        let too_much = side == TradeSide::Long && needed > self.portfolio.cash;
        if too_much || !needed.is_finite() {
            return self.ledger.reject(entry.order, i, RejectReason::InsufficientCash);
        }
        self.fill(i, entry.order, quantity, price, reference, commission);
        self.hold(i, side, base, trail_from, (quantity, price, commission));
        self.keep_rest(entry, i, left - quantity);
    }

    /// Adds to the position, or opens it with its protective orders.
    pub(super) fn hold(
        &mut self,
        i: usize,
        side: TradeSide,
        base: f64,
        trail_from: usize,
        (quantity, price, commission): (f64, f64, f64),
    ) {
        if let Some(position) = &mut self.position {
            position.enter(quantity, price, commission);
            for guard in position.protection.guards() {
                self.ledger.orders[guard.order].quantity = position.held;
            }
            return;
        }
        let mut position = Position::new(side, i);
        position.enter(quantity, price, commission);
        position.protection = self.protection(i, side, base, quantity, trail_from);
        self.position = Some(position);
    }

    pub(super) fn protection(
        &mut self,
        i: usize,
        side: TradeSide,
        base: f64,
        quantity: f64,
        trail_from: usize,
    ) -> Protection {
        let reasons = [ExitReason::StopLoss, ExitReason::TakeProfit, ExitReason::TrailingStop];
        let mut guards =
            levels(side, base, &self.spec.risk).into_iter().zip(reasons).map(|(ticket, reason)| {
                let ticket = ticket?.rounded(|price| self.terms.on_tick(price));
                let order = self.ledger.place(i, ticket, side.closed_by(), quantity);
                self.ledger.orders[order].status = OrderStatus::Working;
                Some(Guard { order, ticket, reason })
            });
        let (stop, target, trail) =
            (guards.next().flatten(), guards.next().flatten(), guards.next().flatten());
        let at_close = self.spec.execution.fill == FillAt::Close;
        let live_from = match self.spec.risk.active {
            RiskActive::SameBar if !at_close => i,
            RiskActive::SameBar | RiskActive::NextBar => i + 1,
        };
        Protection { stop, target, trail, live_from, trail_from }
    }

    /// How many units the entry trades.
    pub(super) fn sized(
        &self,
        side: TradeSide,
        price: f64,
        base: f64,
    ) -> Result<f64, RejectReason> {
        let stops =
            levels(side, base, &self.spec.risk).into_iter().flatten().filter_map(Ticket::stop);
        let to_stop = stops.map(|stop| side.sign() * (price - stop)).reduce(f64::min);
        // Flat, so all of the equity is cash.
        self.terms.quantity(EntryFacts { price, equity: self.portfolio.cash, to_stop })
    }
}
