//! Costs, sizes and rounding, as the numbers that the loop multiplies with.

use tapedeck_domain::bars::BarView;
use tapedeck_domain::spec::{Commission, Sizing, Slippage, Specification};
use tapedeck_domain::trading::{OrderSide, RejectReason};

/// Costs, sizes and rounding of a run.
#[derive(Clone, Copy)]
pub(super) struct Terms {
    sizing: Sizing,
    commission: Rate,
    minimum: f64,
    slippage: Slip,
    lot: f64,
    tick: f64,
}

/// What a fill pays before the minimum of its order.
#[derive(Clone, Copy)]
enum Rate {
    Notional(f64),
    Unit(f64),
    Order(f64),
}

#[derive(Clone, Copy)]
enum Slip {
    Fraction(f64),
    Price(f64),
    Spreads(f64),
}

/// What an order has paid so far, if it fills in parts.
#[derive(Clone, Copy, Default)]
pub(super) struct Charged {
    due: f64,
    paid: f64,
}

/// What an entry is sized by.
#[derive(Clone, Copy)]
pub(super) struct EntryFacts {
    /// Price a unit, slippage included.
    pub(super) price: f64,
    /// The account when flat.
    pub(super) equity: f64,
    /// From the price to the nearest protective stop, positive when the stop is on its right side.
    pub(super) to_stop: Option<f64>,
}

/// Rounding to lots and ticks forgives this much noise, relative to the number of steps.
const NOISE: f64 = 1e-9;

impl Terms {
    pub(super) fn new(spec: &Specification) -> Self {
        let tick = spec.execution.tick_size.map_or(0.0, |tick| tick.get());
        let (commission, minimum) = match spec.costs.commission {
            Commission::Bps { value, minimum } => (Rate::Notional(value.as_fraction()), minimum),
            Commission::PerShare { value, minimum } => (Rate::Unit(value.get()), minimum),
            Commission::Fixed { value } => (Rate::Order(value.get()), None),
        };
        let slippage = match spec.costs.slippage {
            Slippage::Bps { value } => Slip::Fraction(value.as_fraction()),
            Slippage::Ticks { value } => Slip::Price(value.get() * tick),
            Slippage::KSpread { value } => Slip::Spreads(value.get()),
        };
        Self {
            sizing: spec.sizing,
            commission,
            minimum: minimum.map_or(0.0, |fee| fee.get()),
            slippage,
            lot: spec.execution.lot_size.map_or(0.0, |lot| lot.get()),
            tick,
        }
    }

    /// The price that a market order is measured against when the market is at `at` in bar `i`.
    pub(super) fn reference(&self, bars: BarView<'_>, i: usize, at: f64) -> f64 {
        match (self.slippage, bars.quotes) {
            (Slip::Spreads(_), Some(quotes)) => quotes.mid(i),
            (Slip::Spreads(_), None) | (Slip::Fraction(_) | Slip::Price(_), _) => at,
        }
    }

    /// What a market order pays when it is measured against `at`; never below 0.
    #[inline]
    pub(super) fn slipped(&self, bars: BarView<'_>, i: usize, side: OrderSide, at: f64) -> f64 {
        let price = match (self.slippage, bars.quotes) {
            (Slip::Fraction(fraction), _) => at * (1.0 + side.sign() * fraction),
            (Slip::Price(distance), _) => at + side.sign() * distance,
            (Slip::Spreads(k), Some(quotes)) => at + side.sign() * k * quotes.spread_mean[i],
            (Slip::Spreads(_), None) => at,
        };
        self.against(side, price).max(0.0)
    }

    /// `price` on a tick, rounded against the order.
    fn against(&self, side: OrderSide, price: f64) -> f64 {
        if self.tick == 0.0 {
            return price;
        }
        let ticks = price / self.tick;
        let noise = NOISE * ticks.abs().max(1.0);
        let whole = match side {
            OrderSide::Buy => (ticks - noise).ceil(),
            OrderSide::Sell => (ticks + noise).floor(),
        };
        whole * self.tick
    }

    /// `price` on the nearest tick.
    pub(super) fn on_tick(&self, price: f64) -> f64 {
        if self.tick == 0.0 { price } else { (price / self.tick).round() * self.tick }
    }

    /// `quantity` cut to whole lots.
    pub(super) fn in_lots(&self, quantity: f64) -> f64 {
        if self.lot == 0.0 || !quantity.is_finite() {
            return quantity;
        }
        let lots = quantity / self.lot;
        (lots + NOISE * lots.abs().max(1.0)).floor() * self.lot
    }

    /// What a fill pays, given what its order has paid before.
    #[inline]
    pub(super) fn commission(&self, charged: &mut Charged, quantity: f64, price: f64) -> f64 {
        let rate = match self.commission {
            Rate::Notional(fraction) => quantity * price * fraction,
            Rate::Unit(fee) => quantity * fee,
            Rate::Order(fee) if charged.due == 0.0 => fee,
            Rate::Order(_) => 0.0,
        };
        charged.due += rate;
        if self.minimum == 0.0 {
            charged.paid += rate;
            return rate;
        }
        let fee = (charged.due.max(self.minimum) - charged.paid).max(0.0);
        charged.paid += fee;
        fee
    }

    /// How many units an entry trades.
    pub(super) fn quantity(&self, entry: EntryFacts) -> Result<f64, RejectReason> {
        let quantity = match self.sizing {
            Sizing::FixedQuantity { value } => value.get(),
            Sizing::FixedCash { value } => self.affordable(value.get(), entry.price),
            Sizing::PercentOfEquity { value } => {
                self.affordable(value.get() * entry.equity, entry.price)
            }
            Sizing::RiskToStop { value } => {
                let risk = entry.to_stop.filter(|risk| *risk > 0.0).ok_or(RejectReason::NoRisk)?;
                value.get() * entry.equity / risk
            }
        };
        let quantity = self.in_lots(quantity);
        if quantity > 0.0 { Ok(quantity) } else { Err(RejectReason::ZeroQuantity) }
    }

    /// The most units that `money` pays for, commission included.
    fn affordable(&self, money: f64, price: f64) -> f64 {
        let free = |money: f64| money / price;
        let charged = match self.commission {
            Rate::Notional(fraction) => money / (price * (1.0 + fraction)),
            Rate::Unit(fee) => money / (price + fee),
            Rate::Order(fee) => free(money - fee),
        };
        let mut quantity = charged.min(free(money - self.minimum)).max(0.0);
        // Division rounds to nearest, so the cost may be one bit above the money.
        while quantity > 0.0 && self.cost(quantity, price) > money {
            quantity = quantity.next_down();
        }
        quantity
    }

    fn cost(&self, quantity: f64, price: f64) -> f64 {
        quantity * price + self.commission(&mut Charged::default(), quantity, price)
    }
}
