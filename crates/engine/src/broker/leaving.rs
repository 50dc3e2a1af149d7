//! Exits: by order of the strategy, by protective orders, at the end.

use tapedeck_domain::spec::FillAt;
use tapedeck_domain::trading::{ExitReason, OrderStatus};

use super::Broker;
use super::protect::way_out;
use super::terms::Charged;
use super::working::{Intent, Ticket, Working};

impl Broker<'_> {
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

    pub(super) fn leave(
        &mut self,
        i: usize,
        ticket: Ticket,
        valid_bars: usize,
        reason: ExitReason,
    ) {
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
    pub(super) fn withdraw(&mut self, i: usize) {
        for waiting in [self.entry.take(), self.exit.take()].into_iter().flatten() {
            self.ledger.end(waiting.order, i, OrderStatus::Cancelled);
        }
    }

    #[inline]
    pub(super) fn fill_exit_at_open(&mut self, i: usize) {
        let Some(exit) = &self.exit else { return };
        // Whether another order trades is found out beside the protective ones.
        if exit.ticket == Ticket::Market {
            self.fill_exit_at(i, self.bars.open[i]);
        }
    }

    pub(super) fn fill_exit_at(&mut self, i: usize, market: f64) {
        let Some(exit) = self.exit.take() else { return };
        let Intent::Exit(reason) = exit.intent else { return };
        self.close(i, exit, market, true, reason);
    }

    /// Leaves by whatever the bar touches first.
    #[inline]
    pub(super) fn leave_by_touch(&mut self, i: usize) {
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
    pub(super) fn close(
        &mut self,
        i: usize,
        mut exit: Working,
        market: f64,
        slips: bool,
        reason: ExitReason,
    ) {
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
}
