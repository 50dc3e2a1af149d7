//! The simulated market and the account: orders become fills, fills become trades.

use tapedeck_domain::bars::BarView;
use tapedeck_domain::portfolio::Portfolio;
use tapedeck_domain::spec::{
    Commission, Risk, RiskActive, RiskLevel, Sizing, Slippage, Specification,
};
use tapedeck_domain::trading::{
    ExitReason, Fill, OpenTrade, Order, OrderKind, OrderSide, OrderStatus, RejectReason, Trade,
    TradeSide,
};

/// Costs and sizes, as the numbers that the loop multiplies with.
struct Terms {
    quantity: f64,
    commission: f64,
    slippage: f64,
    risk: Risk,
}

/// A market order that waits for the next open.
struct Queued {
    order: usize,
    intent: Intent,
    signal_close: f64,
}

#[derive(Clone, Copy)]
enum Intent {
    Enter(TradeSide),
    Exit,
}

/// An open position with its protective orders.
struct Position {
    side: TradeSide,
    quantity: f64,
    entry_bar: usize,
    entry_price: f64,
    entry_commission: f64,
    stop: Option<Protection>,
    target: Option<Protection>,
    live_from: usize,
}

#[derive(Clone, Copy)]
struct Protection {
    order: usize,
    price: f64,
}

/// Everything that a run has done so far.
pub(crate) struct Broker<'a> {
    bars: BarView<'a>,
    terms: Terms,
    portfolio: Portfolio,
    queued: Option<Queued>,
    position: Option<Position>,
    pub(crate) orders: Vec<Order>,
    pub(crate) fills: Vec<Fill>,
    pub(crate) trades: Vec<Trade>,
    pub(crate) ambiguous_bars: u64,
}

impl<'a> Broker<'a> {
    pub(crate) fn new(bars: BarView<'a>, spec: &Specification) -> Self {
        let quantity =
            if let Sizing::FixedQuantity { value } = spec.sizing { value.get() } else { f64::NAN };
        let commission = if let Commission::Bps { value, .. } = spec.costs.commission {
            value
        } else {
            Default::default()
        };
        let slippage = if let Slippage::Bps { value } = spec.costs.slippage {
            value
        } else {
            Default::default()
        };
        let terms = Terms {
            quantity,
            commission: commission.as_fraction(),
            slippage: slippage.as_fraction(),
            risk: spec.risk,
        };
        Self {
            bars,
            terms,
            portfolio: Portfolio::new(spec.capital),
            queued: None,
            position: None,
            orders: Vec::new(),
            fills: Vec::new(),
            trades: Vec::new(),
            ambiguous_bars: 0,
        }
    }

    pub(crate) fn side(&self) -> Option<TradeSide> {
        self.position.as_ref().map(|position| position.side)
    }

    /// Whether bar `i` has anything for the market to do.
    #[inline]
    pub(crate) fn is_idle(&self) -> bool {
        self.queued.is_none() && self.position.is_none()
    }

    /// Fills what was queued before bar `i`, at its open.
    #[inline]
    pub(crate) fn open(&mut self, i: usize) {
        let Some(queued) = self.queued.take() else { return };
        match queued.intent {
            Intent::Enter(side) => self.enter(i, side, &queued),
            Intent::Exit => {
                let Some(position) = self.position.take() else { return };
                self.close(i, position, queued.order, self.bars.open[i], ExitReason::Signal);
            }
        }
    }

    /// Lets bar `i` touch the protective levels. The stop wins where both are touched, because
    /// the order of events inside a bar is not known.
    #[inline]
    pub(crate) fn protect(&mut self, i: usize) {
        let Some(position) = &self.position else { return };
        if i < position.live_from || (position.stop.is_none() && position.target.is_none()) {
            return;
        }
        let (open, high, low) = (self.bars.open[i], self.bars.high[i], self.bars.low[i]);
        // For a short, adverse and favourable change sides.
        let long = position.side == TradeSide::Long;
        let hit_stop =
            position.stop.filter(|stop| if long { low <= stop.price } else { high >= stop.price });
        let hit_target = position
            .target
            .filter(|target| if long { high >= target.price } else { low <= target.price });
        self.ambiguous_bars += u64::from(hit_stop.is_some() && hit_target.is_some());
        let worse = |price: f64| if long { open.min(price) } else { open.max(price) };
        let better = |price: f64| if long { open.max(price) } else { open.min(price) };
        let (hit, price, reason) = match (hit_stop, hit_target) {
            (Some(stop), _) => (stop, worse(stop.price), ExitReason::StopLoss),
            (None, Some(target)) => (target, better(target.price), ExitReason::TakeProfit),
            (None, None) => return,
        };
        if let Some(position) = self.position.take() {
            self.close(i, position, hit.order, price, reason);
        }
    }

    /// Queues a market order for the bar after `i`.
    pub(crate) fn queue_entry(&mut self, i: usize, side: TradeSide) {
        let quantity = self.terms.quantity;
        self.queue(i, Intent::Enter(side), side.opened_by(), quantity);
    }

    /// Queues the closing of the position for the bar after `i`.
    pub(crate) fn queue_exit(&mut self, i: usize) {
        let Some(position) = &self.position else { return };
        let (side, quantity) = (position.side.closed_by(), position.quantity);
        self.queue(i, Intent::Exit, side, quantity);
    }

    /// The position that is still open after bar `last`.
    pub(crate) fn open_trade(&self, last: usize) -> Option<OpenTrade> {
        let position = self.position.as_ref()?;
        let move_ = self.bars.close[last] - position.entry_price;
        Some(OpenTrade {
            side: position.side,
            quantity: position.quantity,
            entry_bar: position.entry_bar,
            entry_price: position.entry_price,
            commission: position.entry_commission,
            open_pnl: position.side.sign() * position.quantity * move_,
        })
    }

    fn queue(&mut self, i: usize, intent: Intent, side: OrderSide, quantity: f64) {
        let order = self.place(i, OrderKind::Market, side, quantity, None);
        self.orders[order].status = OrderStatus::Pending;
        self.queued = Some(Queued { order, intent, signal_close: self.bars.close[i] });
    }

    fn place(
        &mut self,
        bar: usize,
        kind: OrderKind,
        side: OrderSide,
        quantity: f64,
        price: Option<f64>,
    ) -> usize {
        let index = self.orders.len();
        self.orders.push(Order {
            id: index as u64 + 1,
            bar,
            kind,
            side,
            quantity,
            filled_quantity: 0.0,
            limit_price: price.filter(|_| kind == OrderKind::Limit),
            stop_price: price.filter(|_| kind == OrderKind::Stop),
            status: OrderStatus::Working,
            reject_reason: None,
            ended_bar: None,
        });
        index
    }

    fn enter(&mut self, i: usize, side: TradeSide, queued: &Queued) {
        let (quantity, open) = (self.terms.quantity, self.bars.open[i]);
        let price = self.slipped(side.opened_by(), open);
        let commission = quantity * price * self.terms.commission;
        // The proceeds of a short sale are cash, so only buying needs any; but nobody has so much
        // that numbers end.
        let needed = quantity * price + commission;
        let too_much = side == TradeSide::Long && needed > self.portfolio.cash;
        if too_much || !needed.is_finite() {
            self.orders[queued.order].status = OrderStatus::Rejected;
            self.orders[queued.order].reject_reason = Some(RejectReason::InsufficientCash);
            self.orders[queued.order].ended_bar = Some(i);
            return;
        }
        self.fill(i, queued.order, price, open, commission);
        let base = match self.terms.risk.level {
            RiskLevel::EntryPrice => price,
            RiskLevel::SignalClose => queued.signal_close,
        };
        let live_from = match self.terms.risk.active {
            RiskActive::NextBar => i + 1,
            RiskActive::SameBar => i,
        };
        let (stop, target) = self.place_protection(i, side, base);
        self.position = Some(Position {
            side,
            quantity,
            entry_bar: i,
            entry_price: price,
            entry_commission: commission,
            stop,
            target,
            live_from,
        });
    }

    /// Levels are `base x (1 - f)` and `base x (1 + f)` in that form: `base - base x f` differs
    /// in the last bit.
    fn place_protection(
        &mut self,
        i: usize,
        side: TradeSide,
        base: f64,
    ) -> (Option<Protection>, Option<Protection>) {
        let (closing, quantity, sign) = (side.closed_by(), self.terms.quantity, side.sign());
        let Risk { stop_loss, take_profit, .. } = self.terms.risk;
        let stop = stop_loss.map(|loss| base * (1.0 - sign * loss.get()));
        let target = take_profit.map(|gain| base * (1.0 + sign * gain.get()));
        let mut place = |kind, price: f64| Protection {
            order: self.place(i, kind, closing, quantity, Some(price)),
            price,
        };
        let stop = stop.map(|price| place(OrderKind::Stop, price));
        (stop, target.map(|price| place(OrderKind::Limit, price)))
    }

    fn close(&mut self, i: usize, position: Position, order: usize, at: f64, reason: ExitReason) {
        let side = position.side.closed_by();
        // A limit is filled at its price or better, never slipped past it.
        let price = match reason {
            ExitReason::TakeProfit => at,
            ExitReason::Signal
            | ExitReason::StopLoss
            | ExitReason::TrailingStop
            | ExitReason::EndOfData => self.slipped(side, at),
        };
        let commission = position.quantity * price * self.terms.commission;
        self.fill(i, order, price, at, commission);
        for other in [position.stop, position.target].into_iter().flatten() {
            if other.order != order {
                self.orders[other.order].status = OrderStatus::Cancelled;
                self.orders[other.order].ended_bar = Some(i);
            }
        }
        self.trades.push(self.trade(i, &position, price, commission, reason));
    }

    fn trade(
        &self,
        exit_bar: usize,
        position: &Position,
        exit_price: f64,
        exit_commission: f64,
        exit_reason: ExitReason,
    ) -> Trade {
        let Position { side, quantity, entry_bar, entry_price, entry_commission, .. } = *position;
        let gross = quantity * (side.sign() * (exit_price - entry_price));
        let commission = entry_commission + exit_commission;
        let pnl = gross - commission;
        let (mae, mfe) = self.excursions(position, exit_bar);
        Trade {
            id: self.trades.len() as u64 + 1,
            side,
            quantity,
            entry_bar,
            entry_price,
            exit_bar,
            exit_price,
            pnl,
            r#return: pnl / (quantity * entry_price),
            commission,
            mae,
            mfe,
            exit_reason,
        }
    }

    /// Worst and best open result by low and high, over the bars from entry to exit.
    fn excursions(&self, position: &Position, exit_bar: usize) -> (f64, f64) {
        let held = position.entry_bar..=exit_bar;
        let low = self.bars.low[held.clone()].iter().copied().fold(f64::INFINITY, f64::min);
        let high = self.bars.high[held].iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let result =
            |price: f64| position.side.sign() * position.quantity * (price - position.entry_price);
        let (a, b) = (result(low), result(high));
        (a.min(b), a.max(b))
    }

    fn fill(&mut self, bar: usize, order: usize, price: f64, unslipped: f64, commission: f64) {
        let Order { id, side, quantity, .. } = self.orders[order];
        self.orders[order].status = OrderStatus::Filled;
        self.orders[order].filled_quantity = quantity;
        self.orders[order].ended_bar = Some(bar);
        let fill = Fill {
            id: self.fills.len() as u64 + 1,
            order_id: id,
            bar,
            side,
            quantity,
            price,
            commission,
            slippage: quantity * (price - unslipped).abs(),
        };
        self.portfolio.apply(&fill);
        self.fills.push(fill);
    }

    fn slipped(&self, side: OrderSide, price: f64) -> f64 {
        price * (1.0 + side.sign() * self.terms.slippage)
    }
}
