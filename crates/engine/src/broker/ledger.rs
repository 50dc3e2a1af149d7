//! The record of a run: every order, fill and trade, and what there is to say about them.

use tapedeck_domain::report::{LogLevel, LogLine};
use tapedeck_domain::trading::{Fill, Order, OrderSide, OrderStatus, RejectReason, Trade};

use super::working::Ticket;

/// Everything that a run has done so far.
#[derive(Default)]
pub(crate) struct Ledger {
    pub(crate) orders: Vec<Order>,
    pub(crate) fills: Vec<Fill>,
    pub(crate) trades: Vec<Trade>,
    pub(crate) log: Vec<LogLine>,
    pub(crate) log_dropped: u64,
    pub(crate) ambiguous_bars: u64,
}

/// Lines that a report keeps; the rest is counted.
const LOG_LINES: usize = 1_000;

impl Ledger {
    /// Writes down a new order and gives its index.
    pub(super) fn place(
        &mut self,
        bar: usize,
        ticket: Ticket,
        side: OrderSide,
        quantity: f64,
    ) -> usize {
        let index = self.orders.len();
        let status =
            if ticket == Ticket::Market { OrderStatus::Pending } else { OrderStatus::Working };
        self.orders.push(Order {
            id: index as u64 + 1,
            bar,
            kind: ticket.kind(),
            side,
            quantity,
            filled_quantity: 0.0,
            ended_bar: None,
            limit_price: ticket.limit(),
            stop_price: ticket.stop(),
            status,
            reject_reason: None,
        });
        index
    }

    /// Writes down that an order waits no longer.
    #[inline]
    pub(super) fn end(&mut self, order: usize, bar: usize, status: OrderStatus) {
        let order = &mut self.orders[order];
        (order.status, order.ended_bar) = (status, Some(bar));
    }

    /// Writes down that the market refused an order, or what was left of it.
    pub(super) fn reject(&mut self, order: usize, bar: usize, reason: RejectReason) {
        let placed = &mut self.orders[order];
        placed.reject_reason = Some(reason);
        let id = placed.id;
        let partly = placed.filled_quantity > 0.0;
        let status = if partly { OrderStatus::Cancelled } else { OrderStatus::Rejected };
        self.end(order, bar, status);
        self.say(bar, LogLevel::Warn, format_args!("order {id} was rejected: {reason}"));
    }

    /// Counts a bar whose way through stop and target is not known.
    pub(super) fn ambiguous(&mut self, bar: usize) {
        self.ambiguous_bars += 1;
        let what =
            format_args!("the bar touched the stop and the target: which came first is not known");
        self.say(bar, LogLevel::Info, what);
    }

    pub(super) fn say(&mut self, bar: usize, level: LogLevel, message: std::fmt::Arguments<'_>) {
        if self.log.len() < LOG_LINES {
            self.log.push(LogLine { bar, level, message: message.to_string() });
        } else {
            self.log_dropped += 1;
        }
    }
}
