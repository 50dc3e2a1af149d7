//! Orders that wait: when, and at which price, a bar fills them.

use tapedeck_domain::trading::{ExitReason, OrderKind, OrderSide, TradeSide};

use super::terms::Charged;

/// An order that waits for the market.
#[derive(Clone, Copy)]
pub(super) struct Working {
    /// Its index among all orders.
    pub(super) order: usize,
    pub(super) side: OrderSide,
    pub(super) ticket: Ticket,
    pub(super) intent: Intent,
    /// The close of the bar that gave the signal.
    pub(super) signal_close: f64,
    /// Units that are still to be traded; unknown until an entry is sized.
    pub(super) left: Option<f64>,
    /// The last bar in which it may be filled.
    pub(super) expires: usize,
    pub(super) charged: Charged,
}

/// What an order is for.
#[derive(Clone, Copy)]
pub(super) enum Intent {
    Enter(TradeSide),
    Exit(ExitReason),
}

/// How an order is executed, with its prices.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Ticket {
    /// At the next open.
    Market,
    /// At `limit` or better.
    Limit {
        /// Price.
        limit: f64,
    },
    /// At the market once `stop` is touched.
    Stop {
        /// Price.
        stop: f64,
    },
    /// At `limit` or better once `stop` is touched.
    StopLimit {
        /// Price.
        stop: f64,
        /// Price.
        limit: f64,
    },
    /// At the market once a stop is touched that stays `distance`, as a fraction, behind the best
    /// price since the order was placed; it moves at closes, and never back.
    TrailingStop {
        /// Where the stop is now.
        stop: f64,
        /// Fraction of the best price.
        distance: f64,
    },
}

/// What a bar does to an order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Touch {
    /// Nothing.
    No,
    /// It trades at this price, before slippage.
    At(f64),
    /// Its stop is touched, but its limit is not: from the next bar on it is a limit order.
    Armed,
}

impl Ticket {
    /// Its kind.
    pub(super) const fn kind(self) -> OrderKind {
        match self {
            Self::Market => OrderKind::Market,
            Self::Limit { .. } => OrderKind::Limit,
            Self::Stop { .. } => OrderKind::Stop,
            Self::StopLimit { .. } => OrderKind::StopLimit,
            Self::TrailingStop { .. } => OrderKind::TrailingStop,
        }
    }

    pub(super) const fn limit(self) -> Option<f64> {
        match self {
            Self::Limit { limit } | Self::StopLimit { limit, .. } => Some(limit),
            Self::Market | Self::Stop { .. } | Self::TrailingStop { .. } => None,
        }
    }

    pub(super) const fn stop(self) -> Option<f64> {
        match self {
            Self::Stop { stop }
            | Self::StopLimit { stop, .. }
            | Self::TrailingStop { stop, .. } => Some(stop),
            Self::Market | Self::Limit { .. } => None,
        }
    }

    /// With its prices as `round` makes them.
    pub(super) fn rounded(self, round: impl Fn(f64) -> f64) -> Self {
        match self {
            Self::Market => Self::Market,
            Self::Limit { limit } => Self::Limit { limit: round(limit) },
            Self::Stop { stop } => Self::Stop { stop: round(stop) },
            Self::StopLimit { stop, limit } => {
                Self::StopLimit { stop: round(stop), limit: round(limit) }
            }
            Self::TrailingStop { stop, distance } => {
                Self::TrailingStop { stop: round(stop), distance }
            }
        }
    }

    /// Whether it takes whatever price the market gives, so that slippage applies.
    pub(super) const fn slips(self) -> bool {
        matches!(self, Self::Market | Self::Stop { .. } | Self::TrailingStop { .. })
    }

    /// What a bar does to an order of this side.
    pub(super) fn touched(self, side: OrderSide, open: f64, high: f64, low: f64) -> Touch {
        match self {
            Self::Market => Touch::At(open),
            Self::Limit { limit } => at_limit(side, limit, open, high, low),
            Self::Stop { stop } | Self::TrailingStop { stop, .. } => {
                at_stop(side, stop, open, high, low)
            }
            Self::StopLimit { stop, limit } => match at_stop(side, stop, open, high, low) {
                Touch::At(price) if within(side, price, limit) => Touch::At(price),
                Touch::At(_) => Touch::Armed,
                Touch::No | Touch::Armed => Touch::No,
            },
        }
    }

    /// Moves a trailing stop after a bar.
    pub(super) fn follow(&mut self, side: OrderSide, high: f64, low: f64) {
        if let Self::TrailingStop { stop, distance } = self {
            *stop = match side {
                OrderSide::Sell => stop.max(high * (1.0 - *distance)),
                OrderSide::Buy => stop.min(low * (1.0 + *distance)),
            };
        }
    }
}

fn within(side: OrderSide, price: f64, limit: f64) -> bool {
    match side {
        OrderSide::Buy => price <= limit,
        OrderSide::Sell => price >= limit,
    }
}

/// Filled at the limit, or at the open where that is better.
fn at_limit(side: OrderSide, limit: f64, open: f64, high: f64, low: f64) -> Touch {
    match side {
        OrderSide::Buy if low <= limit => Touch::At(open.min(limit)),
        OrderSide::Sell if high >= limit => Touch::At(open.max(limit)),
        OrderSide::Buy | OrderSide::Sell => Touch::No,
    }
}

/// Filled at the stop, or at the open where the market has gone past it.
fn at_stop(side: OrderSide, stop: f64, open: f64, high: f64, low: f64) -> Touch {
    match side {
        OrderSide::Buy if high >= stop => Touch::At(open.max(stop)),
        OrderSide::Sell if low <= stop => Touch::At(open.min(stop)),
        OrderSide::Buy | OrderSide::Sell => Touch::No,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUY: OrderSide = OrderSide::Buy;
    const SELL: OrderSide = OrderSide::Sell;

    #[test]
    fn limits_fill_at_their_price_or_better() {
        let limit = Ticket::Limit { limit: 99.0 };
        assert_eq!(limit.touched(BUY, 100.0, 101.0, 98.0), Touch::At(99.0));
        assert_eq!(limit.touched(BUY, 98.5, 101.0, 98.0), Touch::At(98.5));
        assert_eq!(limit.touched(BUY, 100.0, 101.0, 99.5), Touch::No);
        assert_eq!(limit.touched(SELL, 98.0, 100.0, 97.0), Touch::At(99.0));
        assert_eq!(limit.touched(SELL, 99.5, 100.0, 97.0), Touch::At(99.5));
    }

    #[test]
    fn stops_fill_at_their_price_or_at_the_open_of_a_gap() {
        let stop = Ticket::Stop { stop: 101.0 };
        assert_eq!(stop.touched(BUY, 100.0, 101.5, 99.0), Touch::At(101.0));
        assert_eq!(stop.touched(BUY, 102.0, 103.0, 101.5), Touch::At(102.0));
        assert_eq!(stop.touched(SELL, 100.5, 102.0, 100.0), Touch::At(100.5));
        assert_eq!(stop.touched(SELL, 102.0, 103.0, 101.5), Touch::No);
    }

    #[test]
    fn a_stop_limit_that_gaps_past_its_limit_waits_as_a_limit() {
        let order = Ticket::StopLimit { stop: 101.0, limit: 101.5 };
        assert_eq!(order.touched(BUY, 100.0, 101.2, 99.0), Touch::At(101.0));
        assert_eq!(order.touched(BUY, 102.0, 103.0, 101.0), Touch::Armed);
        assert_eq!(order.touched(BUY, 100.0, 100.5, 99.0), Touch::No);
    }

    #[test]
    fn a_trailing_stop_follows_and_never_goes_back() {
        let mut order = Ticket::TrailingStop { stop: 90.0, distance: 0.1 };
        order.follow(SELL, 110.0, 100.0);
        assert_eq!(order.stop(), Some(99.0));
        order.follow(SELL, 105.0, 100.0);
        assert_eq!(order.stop(), Some(99.0));
        assert_eq!(order.touched(SELL, 100.0, 101.0, 98.0), Touch::At(99.0));
    }
}
