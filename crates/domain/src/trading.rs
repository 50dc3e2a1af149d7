//! What happens in the simulated market: orders, fills and trades.

use serde::{Deserialize, Serialize};

/// Which way an order goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderSide {
    /// Adds to the position.
    Buy,
    /// Takes from the position.
    Sell,
}

impl OrderSide {
    /// +1 for buying, -1 for selling.
    pub const fn sign(self) -> f64 {
        match self {
            Self::Buy => 1.0,
            Self::Sell => -1.0,
        }
    }
}

/// Which way a trade profits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TradeSide {
    /// From rising prices.
    Long,
    /// From falling prices.
    Short,
}

impl TradeSide {
    /// The order that opens such a trade.
    pub const fn opened_by(self) -> OrderSide {
        match self {
            Self::Long => OrderSide::Buy,
            Self::Short => OrderSide::Sell,
        }
    }

    /// The order that closes such a trade.
    pub const fn closed_by(self) -> OrderSide {
        match self {
            Self::Long => OrderSide::Sell,
            Self::Short => OrderSide::Buy,
        }
    }

    /// +1 for long, -1 for short.
    pub const fn sign(self) -> f64 {
        self.opened_by().sign()
    }
}

/// How an order is executed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderKind {
    /// At the next open.
    Market,
    /// At the limit or better.
    Limit,
    /// At the market once the stop is touched.
    Stop,
    /// At the limit or better once the stop is touched.
    StopLimit,
    /// At the market once a stop that follows the price is touched.
    TrailingStop,
}

/// What became of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderStatus {
    /// Decided on the last bar: there was no bar left to fill it.
    Pending,
    /// Still waiting when the run ended.
    Working,
    /// Filled, as a whole.
    Filled,
    /// Withdrawn, as a whole or what was left of it: its position was closed by another order, or
    /// the strategy changed its mind.
    Cancelled,
    /// Its life ended before it was filled as a whole.
    Expired,
    /// Refused; the order says why.
    Rejected,
}

/// Why the simulated market refused an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum RejectReason {
    /// The notional and the commission are more than the cash.
    #[error("not enough cash")]
    InsufficientCash,
    /// Nothing is left after rounding to lots, or no money was left to buy with.
    #[error("the quantity is zero")]
    ZeroQuantity,
    /// The entry is not on the right side of its stop, so no loss can be measured to it.
    #[error("the stop is not beyond the entry")]
    NoRisk,
    /// Its price is not above zero.
    #[error("the price is not above zero")]
    InvalidPrice,
}

/// One order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// Counts from 1 within the run.
    pub id: u64,
    /// The bar at whose close (protective orders: at whose fill) it was placed.
    pub bar: usize,
    /// How it is executed.
    pub kind: OrderKind,
    /// Which way.
    pub side: OrderSide,
    /// Units; 0 while they are known only at the fill.
    pub quantity: f64,
    /// Units that were filled.
    pub filled_quantity: f64,
    /// For limit orders.
    pub limit_price: Option<f64>,
    /// For stop orders.
    pub stop_price: Option<f64>,
    /// What became of it.
    pub status: OrderStatus,
    /// Why it was refused.
    pub reject_reason: Option<RejectReason>,
    /// The bar in which it was filled, withdrawn, refused or expired; none while it waits.
    #[serde(default)]
    pub ended_bar: Option<usize>,
}

impl Order {
    /// Whether it waits after the close of `bar`.
    pub fn is_working_at(&self, bar: usize) -> bool {
        self.bar <= bar && self.ended_bar.is_none_or(|end| end > bar)
    }
}

/// One execution.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Fill {
    /// Counts from 1 within the run.
    pub id: u64,
    /// The order.
    pub order_id: u64,
    /// The bar in which it happened.
    pub bar: usize,
    /// Which way.
    pub side: OrderSide,
    /// Units.
    pub quantity: f64,
    /// Price a unit, slippage included.
    pub price: f64,
    /// Money.
    pub commission: f64,
    /// Money that slippage cost: quantity times the distance from the price without it.
    pub slippage: f64,
}

/// Why a trade was closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExitReason {
    /// The strategy said so.
    Signal,
    /// The protective stop.
    StopLoss,
    /// The profit target.
    TakeProfit,
    /// The stop that follows the price.
    TrailingStop,
    /// The run ended, and was told to close what was open.
    EndOfData,
}

/// A round trip, from flat to flat.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Trade {
    /// Counts from 1 within the run.
    pub id: u64,
    /// Which way.
    pub side: TradeSide,
    /// Units.
    pub quantity: f64,
    /// Bar of the entry.
    pub entry_bar: usize,
    /// Price of the entry.
    pub entry_price: f64,
    /// Bar of the exit.
    pub exit_bar: usize,
    /// Price of the exit.
    pub exit_price: f64,
    /// Money, net of both commissions.
    pub pnl: f64,
    /// `pnl` as a fraction of the entry's notional.
    pub r#return: f64,
    /// Money, both sides.
    pub commission: f64,
    /// Worst open result in money over the bars held, by low and high; at most 0 before costs.
    pub mae: f64,
    /// Best open result in money over the bars held, by low and high.
    pub mfe: f64,
    /// Why it ended.
    pub exit_reason: ExitReason,
}

impl Trade {
    /// From the bar of the entry to that of the exit.
    pub const fn bars_held(&self) -> usize {
        self.exit_bar - self.entry_bar
    }
}

/// The position that was still open when the run ended.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct OpenTrade {
    /// Which way.
    pub side: TradeSide,
    /// Units.
    pub quantity: f64,
    /// Bar of the entry.
    pub entry_bar: usize,
    /// Price of the entry.
    pub entry_price: f64,
    /// Money paid at the entry.
    pub commission: f64,
    /// Money, gross, marked at the last close.
    pub open_pnl: f64,
}
