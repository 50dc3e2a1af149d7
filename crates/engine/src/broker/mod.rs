//! The simulated market and the account: orders become fills, fills become trades.

mod account;
mod entering;
mod leaving;
mod ledger;
mod position;
mod protect;
mod terms;
mod working;

use tapedeck_domain::bars::BarView;
use tapedeck_domain::portfolio::Portfolio;
use tapedeck_domain::spec::Specification;
use tapedeck_domain::trading::{Fill, OpenTrade, OrderSide, OrderStatus, RejectReason, TradeSide};

pub use account::Account;
pub(crate) use ledger::Ledger;
use position::Position;
use protect::Prices;
use terms::{Charged, Terms};
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

    #[inline]
    pub(crate) fn account(&self) -> Account<'_> {
        Account { portfolio: &self.portfolio, position: self.position.as_ref() }
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

    /// The position that is still open after bar `last`.
    pub(crate) fn open_trade(&self, last: usize) -> Option<OpenTrade> {
        self.position.as_ref().map(|position| position.open_trade(self.bars, last))
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
