//! The specification of a backtest: everything that determines its result.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::dataset::DatasetRef;
use crate::number::{BasisPoints, Capital, Quantity, StopFraction, TargetFraction};
use crate::strategy::{Params, StrategyRef};
use crate::time::Timestamp;
use crate::trading::TradeSide;

/// Everything that determines the result of a run, and nothing else.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Specification {
    /// The bars, by content.
    pub dataset: DatasetRef,
    /// The first moment of the range.
    pub from: Timestamp,
    /// The last moment of the range, included.
    pub to: Timestamp,
    /// The rules, by version.
    pub strategy: StrategyRef,
    /// The parameters of the rules, all of them.
    pub params: Params,
    /// The source of every stochastic step.
    pub seed: u64,
    /// Money to start with.
    pub capital: Capital,
    /// Which sides may be traded.
    pub direction: Direction,
    /// How many units an entry trades.
    pub sizing: Sizing,
    /// What trading costs.
    pub costs: Costs,
    /// Protective exits.
    pub risk: Risk,
}

/// Which sides may be traded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Only long.
    #[default]
    Long,
    /// Only short.
    Short,
    /// Long and short, one at a time.
    Both,
}

impl Direction {
    /// Whether `side` may be traded.
    pub const fn allows(self, side: TradeSide) -> bool {
        match (self, side) {
            (Self::Both, _) | (Self::Long, TradeSide::Long) | (Self::Short, TradeSide::Short) => {
                true
            }
            (Self::Long, TradeSide::Short) | (Self::Short, TradeSide::Long) => false,
        }
    }
}

/// How many units an entry trades.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Sizing {
    /// Always the same number of units.
    FixedQuantity {
        /// Units.
        value: Quantity,
    },
}

/// What trading costs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Costs {
    /// Paid to the broker, on each fill.
    pub commission: Commission,
    /// Lost to the market, on each market and stop fill.
    pub slippage: Slippage,
}

/// Paid to the broker, on each fill.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Commission {
    /// A share of the notional.
    Bps {
        /// Basis points.
        value: BasisPoints,
    },
}

/// Lost to the market, on each market and stop fill.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Slippage {
    /// A share of the price, against the order.
    Bps {
        /// Basis points.
        value: BasisPoints,
    },
}

/// Protective exits of every position.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Risk {
    /// Distance of the stop from the base price, as a fraction of it.
    pub stop_loss: Option<StopFraction>,
    /// Distance of the target from the base price, as a fraction of it.
    pub take_profit: Option<TargetFraction>,
    /// Which price is the base.
    pub level: RiskLevel,
    /// From which bar on the levels are live.
    pub active: RiskActive,
}

/// The price that protective levels are measured from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RiskLevel {
    /// The price of the entry's fill.
    #[default]
    EntryPrice,
    /// The close of the bar that gave the signal.
    SignalClose,
}

/// From which bar on protective levels are live.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RiskActive {
    /// From the bar after the entry.
    #[default]
    NextBar,
    /// From the bar of the entry.
    SameBar,
}

impl Specification {
    /// SHA-256, in hexadecimal, of everything that determines the result, `engine_version`
    /// included. Equal inputs have equal hashes, in any process.
    pub fn input_hash(&self, engine_version: &str) -> String {
        // Field order is that of the types and maps are sorted, so the text is canonical. A
        // specification holds no map with keys that are not text and no number that is not
        // finite, which is all that can fail.
        let canonical = serde_json::to_vec(&(engine_version, self)).unwrap_or_default();
        hex::encode(Sha256::digest(canonical))
    }
}
