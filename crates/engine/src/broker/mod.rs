//! The simulated market and the account: orders become fills, fills become trades.

mod ledger;
mod position;
mod protect;
mod terms;
mod working;

use tapedeck_domain::bars::BarView;
use tapedeck_domain::portfolio::Portfolio;
use tapedeck_domain::spec::{EntryOrder, FillAt, RiskActive, RiskLevel, Sizing, Specification};
use tapedeck_domain::trading::{
    ExitReason, Fill, OpenTrade, OrderSide, OrderStatus, RejectReason, TradeSide,
};

pub(crate) use ledger::Ledger;
use position::Position;
use protect::{Guard, Prices, Protection, levels, way_out};
use terms::{Charged, EntryFacts, Terms};
pub use working::Ticket;
use working::{Intent, Touch, Working};

/// Market and account of one run.
///
/// At most one position is open, and beside its protective orders at most one order waits to
/// enter and one to leave.
pub(crate) struct Broker<'a> {
    bars: BarView<'a>,
    spec: &'a Specification,
    terms: Terms,
    portfolio: Portfolio,
    entry: Option<Working>,
    exit: Option<Working>,
    position: Option<Position>,
    /// What a bar's volume still allows, for the bar that traded last.
    room: (usize, f64),
    pub(crate) ledger: Ledger,
}

impl<'a> Broker<'a> {
    pub(crate) fn new(bars: BarView<'a>, spec: &'a Specification) -> Self {
        Self {
            bars,
            spec,
            terms: Terms::new(spec),
            portfolio: Portfolio::new(spec.capital),
            entry: None,
            exit: None,
            position: None,
            room: (usize::MAX, 0.0),
            ledger: Ledger::default(),
        }
    }

    #[inline]
    pub(crate) fn side(&self) -> Option<TradeSide> {
        self.position.as_ref().map(|position| position.side)
    }

    /// Whether the next bar has nothing for the market to do.
    #[inline]
    pub(crate) fn is_idle(&self) -> bool {
        let unguarded =
            self.position.as_ref().is_none_or(|position| position.protection.is_empty());
        self.entry.is_none() && self.exit.is_none() && unguarded
    }

    /// Lets bar `i` happen: orders from before it fill, then protective levels are looked at.
    #[inline]
    pub(crate) fn bar(&mut self, i: usize) {
        self.fill_exit_at_open(i);
        self.fill_entry(i);
        if self.position.is_some() {
            self.leave_by_touch(i);
        }
        self.follow(i);
        self.expire(i);
    }

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

    /// Orders the end of the position after the close of bar `i`.
    pub(crate) fn exit_by(&mut self, i: usize, ticket: Ticket, valid_bars: usize) {
        self.leave(i, ticket, valid_bars, ExitReason::Signal);
        if ticket == Ticket::Market && self.spec.execution.fill == FillAt::Close {
            self.fill_exit_at(i, self.bars.close[i]);
        }
    }

    /// Ends what is open at the close of the last bar, if the specification says so.
    pub(crate) fn close_at_end(&mut self, last: usize) {
        if self.spec.execution.close_at_end && self.position.is_some() {
            self.leave(last, Ticket::Market, usize::MAX, ExitReason::EndOfData);
            // Nothing comes after it, so its volume is no limit.
            self.room = (last, f64::INFINITY);
            self.fill_exit_at(last, self.bars.close[last]);
        }
    }

    /// The position that is still open after bar `last`.
    pub(crate) fn open_trade(&self, last: usize) -> Option<OpenTrade> {
        self.position.as_ref().map(|position| position.open_trade(self.bars, last))
    }

    fn leave(&mut self, i: usize, ticket: Ticket, valid_bars: usize, reason: ExitReason) {
        let Some(position) = &self.position else { return };
        let leaving = self.exit.is_some_and(|exit| exit.ticket == Ticket::Market);
        if leaving && ticket == Ticket::Market && reason == ExitReason::Signal {
            return;
        }
        let (side, held) = (position.side.closed_by(), position.held);
        self.withdraw(i);
        self.exit = self.order(i, Intent::Exit(reason), side, ticket, held, valid_bars);
    }

    /// Takes back what waits beside the protective orders.
    fn withdraw(&mut self, i: usize) {
        for waiting in [self.entry.take(), self.exit.take()].into_iter().flatten() {
            self.ledger.end(waiting.order, i, OrderStatus::Cancelled);
        }
    }

    fn order(
        &mut self,
        i: usize,
        intent: Intent,
        side: OrderSide,
        ticket: Ticket,
        quantity: f64,
        valid_bars: usize,
    ) -> Option<Working> {
        let ticket = ticket.rounded(|price| self.terms.on_tick(price));
        let order = self.ledger.place(i, ticket, side, quantity);
        let prices = [ticket.limit(), ticket.stop()];
        if prices.into_iter().flatten().any(|price| !(price > 0.0 && price.is_finite())) {
            self.ledger.reject(order, i, RejectReason::InvalidPrice);
            return None;
        }
        let left = match intent {
            Intent::Enter(_) => None,
            Intent::Exit(_) => Some(quantity),
        };
        let (signal_close, charged) = (self.bars.close[i], Charged::default());
        let expires = i.saturating_add(valid_bars);
        Some(Working { order, side, ticket, intent, signal_close, left, expires, charged })
    }

    fn prices(&self, i: usize) -> Prices {
        Prices { open: self.bars.open[i], high: self.bars.high[i], low: self.bars.low[i] }
    }

    #[inline]
    fn fill_exit_at_open(&mut self, i: usize) {
        let Some(exit) = &self.exit else { return };
        // Whether another order trades is found out beside the protective ones.
        if exit.ticket == Ticket::Market {
            self.fill_exit_at(i, self.bars.open[i]);
        }
    }

    fn fill_exit_at(&mut self, i: usize, market: f64) {
        let Some(exit) = self.exit.take() else { return };
        let Intent::Exit(reason) = exit.intent else { return };
        self.close(i, exit, market, true, reason);
    }

    #[inline]
    fn fill_entry(&mut self, i: usize) {
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
    fn fill_entry_at(&mut self, i: usize, market: f64, trail_from: usize) {
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
    fn hold(
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

    fn protection(
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
    fn sized(&self, side: TradeSide, price: f64, base: f64) -> Result<f64, RejectReason> {
        let stops =
            levels(side, base, &self.spec.risk).into_iter().flatten().filter_map(Ticket::stop);
        let to_stop = stops.map(|stop| side.sign() * (price - stop)).reduce(f64::min);
        // Flat, so all of the equity is cash.
        self.terms.quantity(EntryFacts { price, equity: self.portfolio.cash, to_stop })
    }

    /// What is left of an order after a fill waits on, if anything is.
    fn keep_rest(&mut self, mut order: Working, i: usize, left: f64) {
        if left > 0.0 {
            order.left = Some(left);
            match order.intent {
                Intent::Enter(_) => self.entry = Some(order),
                Intent::Exit(_) => self.exit = Some(order),
            }
        } else {
            self.ledger.end(order.order, i, OrderStatus::Filled);
        }
    }

    /// Leaves by whatever the bar touches first.
    #[inline]
    fn leave_by_touch(&mut self, i: usize) {
        let Some(position) = &self.position else { return };
        let resting = self.exit.as_ref().filter(|exit| exit.ticket != Ticket::Market);
        if position.protection.is_empty() && resting.is_none() {
            return;
        }
        let intrabar = self.spec.execution.intrabar;
        let prices = self.prices(i);
        let way = way_out(position.side, &position.protection, resting, i, prices, intrabar);
        let Some((way, ambiguous)) = way else { return };
        if ambiguous {
            self.ledger.ambiguous(i);
        }
        let (side, held) = (position.side.closed_by(), position.held);
        let exit = match self.exit.take() {
            Some(exit) if exit.order == way.order => exit,
            other => {
                if let Some(other) = other {
                    self.ledger.end(other.order, i, OrderStatus::Cancelled);
                }
                Working {
                    order: way.order,
                    side,
                    // What a thin bar leaves of a stop goes at the next open.
                    ticket: if way.slips { Ticket::Market } else { way.ticket },
                    intent: Intent::Exit(way.reason),
                    signal_close: self.bars.close[i],
                    left: Some(held),
                    expires: usize::MAX,
                    charged: Charged::default(),
                }
            }
        };
        self.close(i, exit, way.price, way.slips, way.reason);
    }

    /// Closes the position, or as much of it as the bar allows.
    fn close(&mut self, i: usize, mut exit: Working, market: f64, slips: bool, reason: ExitReason) {
        let Some(mut position) = self.position.take() else { return };
        let (reference, price) = if slips {
            self.priced(i, Ticket::Market, exit.side, market)
        } else {
            (market, market)
        };
        let room = self.room(i);
        let quantity = if position.held <= room { position.held } else { self.terms.in_lots(room) };
        if quantity <= 0.0 {
            self.position = Some(position);
            self.exit = Some(exit);
            return;
        }
        let commission = self.terms.commission(&mut exit.charged, quantity, price);
        self.fill(i, exit.order, quantity, price, reference, commission);
        position.exit(quantity, price, commission);
        let left = position.held;
        if left > 0.0 {
            self.position = Some(position);
            return self.keep_rest(exit, i, left);
        }
        self.ledger.end(exit.order, i, OrderStatus::Filled);
        for guard in position.protection.guards().filter(|guard| guard.order != exit.order) {
            self.ledger.end(guard.order, i, OrderStatus::Cancelled);
        }
        self.withdraw(i);
        let id = self.ledger.trades.len() as u64 + 1;
        self.ledger.trades.push(position.trade(id, self.bars, i, reason));
    }

    /// The price that slippage is measured against, and the price of the fill.
    #[inline]
    fn priced(&self, i: usize, ticket: Ticket, side: OrderSide, market: f64) -> (f64, f64) {
        if !ticket.slips() {
            // A limit is filled at its price or better, never slipped past it.
            return (market, market);
        }
        let reference = match ticket {
            Ticket::Market => self.terms.reference(self.bars, i, market),
            Ticket::Limit { .. }
            | Ticket::Stop { .. }
            | Ticket::StopLimit { .. }
            | Ticket::TrailingStop { .. } => market,
        };
        (reference, self.terms.slipped(self.bars, i, side, reference))
    }

    fn fill(
        &mut self,
        bar: usize,
        order: usize,
        quantity: f64,
        price: f64,
        reference: f64,
        commission: f64,
    ) {
        let placed = &mut self.ledger.orders[order];
        placed.filled_quantity += quantity;
        placed.status = OrderStatus::Working;
        let fill = Fill {
            id: self.ledger.fills.len() as u64 + 1,
            order_id: placed.id,
            bar,
            side: placed.side,
            quantity,
            price,
            commission,
            slippage: quantity * (price - reference).abs(),
        };
        self.portfolio.apply(&fill);
        self.ledger.fills.push(fill);
        if self.spec.execution.max_volume_share.is_some() {
            self.room = (bar, self.room(bar) - quantity);
        }
    }

    /// Units that bar `i` still lets trade.
    fn room(&self, i: usize) -> f64 {
        match self.spec.execution.max_volume_share {
            None => f64::INFINITY,
            Some(_) if self.room.0 == i => self.room.1,
            Some(share) => share.get() * self.bars.volume[i],
        }
    }

    /// Moves trailing stops after bar `i`.
    #[inline]
    fn follow(&mut self, i: usize) {
        if let Some(position) = &mut self.position
            && i >= position.protection.trail_from
            && let Some(trail) = &mut position.protection.trail
        {
            let (high, low) = (self.bars.high[i], self.bars.low[i]);
            trail.ticket.follow(position.side.closed_by(), high, low);
        }
        for waiting in [&mut self.entry, &mut self.exit].into_iter().flatten() {
            let (open, high, low) = (self.bars.open[i], self.bars.high[i], self.bars.low[i]);
            // Armed somewhere inside this bar, it waits at its limit from the next one on.
            if waiting.ticket.touched(waiting.side, open, high, low) == Touch::Armed
                && let Ticket::StopLimit { limit, .. } = waiting.ticket
            {
                waiting.ticket = Ticket::Limit { limit };
            }
            waiting.ticket.follow(waiting.side, high, low);
        }
    }

    /// Ends the life of what was valid until bar `i`.
    #[inline]
    fn expire(&mut self, i: usize) {
        for waiting in [&mut self.entry, &mut self.exit] {
            if let Some(order) = waiting.take_if(|order| order.expires <= i) {
                self.ledger.end(order.order, i, OrderStatus::Expired);
            }
        }
    }
}
