//! The specification of a backtest: everything that determines its result.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::dataset::DatasetRef;
use crate::guest::ModuleRef;
use crate::number::{
    BasisPoints, Capital, EquityShare, Fee, Multiple, Quantity, StopFraction, TargetFraction,
    TickSize, ValidBars, VolumeShare,
};
use crate::rules::RuleSet;
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
    /// The definition of the rules; `None` when they are built in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rules: Option<RuleSet>,
    /// The module that decides, when it is a guest strategy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guest: Option<ModuleRef>,
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
    /// How orders are carried out.
    #[serde(default)]
    pub execution: Execution,
    /// What is bought and held for comparison; the dataset of the run when nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub benchmark: Option<DatasetRef>,
    /// What the run checks of itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<Check>,
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
///
/// All but the fixed quantity divide money by the price of the fill, slippage and commission
/// included, so that what is bought never costs more than what was set aside for it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Sizing {
    /// Always the same number of units.
    FixedQuantity {
        /// Units.
        value: Quantity,
    },
    /// For always the same money.
    FixedCash {
        /// Money.
        value: Capital,
    },
    /// For a share of the equity at the fill.
    PercentOfEquity {
        /// The share, as a fraction: 0.5 is half.
        value: EquityShare,
    },
    /// So many units that the protective stop loses a share of the equity.
    RiskToStop {
        /// The share, as a fraction: 0.01 is one percent.
        value: EquityShare,
    },
}

/// What trading costs; nothing by default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Costs {
    /// Paid to the broker.
    pub commission: Commission,
    /// Lost to the market, on each market and stop fill.
    pub slippage: Slippage,
}

/// Paid to the broker. What an order costs in all is at least its minimum; an order that fills in
/// parts pays what is missing with its first part.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Commission {
    /// A share of the notional.
    Bps {
        /// Basis points.
        value: BasisPoints,
        /// Money an order, at least.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        minimum: Option<Fee>,
    },
    /// So much a unit.
    PerShare {
        /// Money a unit.
        value: Fee,
        /// Money an order, at least.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        minimum: Option<Fee>,
    },
    /// So much an order.
    Fixed {
        /// Money.
        value: Fee,
    },
}

impl Default for Commission {
    fn default() -> Self {
        Self::Bps { value: BasisPoints::default(), minimum: None }
    }
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
    /// So many ticks, against the order.
    Ticks {
        /// Ticks; their size is that of the execution.
        value: Multiple,
    },
    /// Market orders fill at mid plus or minus so many mean spreads of the bar, stops as far from
    /// their level; needs the spread columns.
    KSpread {
        /// Spreads: 0.5 fills at bid and ask.
        value: Multiple,
    },
}

impl Default for Slippage {
    fn default() -> Self {
        Self::Bps { value: BasisPoints::default() }
    }
}

/// How orders are carried out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Execution {
    /// When market orders fill.
    pub fill: FillAt,
    /// Whether an open position is closed at the last close.
    pub close_at_end: bool,
    /// What is assumed of the way of prices inside a bar.
    pub intrabar: Intrabar,
    /// How entries are ordered.
    pub entry: EntryOrder,
    /// Of a bar's volume, the share that may be traded; the rest of an order waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_volume_share: Option<VolumeShare>,
    /// Quantities are cut to multiples of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lot_size: Option<Quantity>,
    /// Prices of orders and slipped fills are rounded to multiples of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tick_size: Option<TickSize>,
}

/// When market orders fill.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FillAt {
    /// At the open of the bar after the signal.
    #[default]
    NextOpen,
    /// At the close that gave the signal.
    Close,
}

/// What is assumed of the way of prices inside a bar that touches stop and target alike.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Intrabar {
    /// The stop was touched first.
    #[default]
    Pessimistic,
    /// Of high and low, the one nearer to the open was touched first.
    NearestExtreme,
    /// The target was touched first.
    Optimistic,
}

impl Intrabar {
    /// All of them, from the worst to the best for the account.
    pub const ALL: [Self; 3] = [Self::Pessimistic, Self::NearestExtreme, Self::Optimistic];
}

/// How entries are ordered; offsets are measured from the close of the signal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum EntryOrder {
    /// At once.
    #[default]
    Market,
    /// At a better price than the signal's close.
    Limit {
        /// How much better.
        offset_bps: BasisPoints,
        /// Bars that the order lives.
        valid_bars: ValidBars,
    },
    /// Once the price has gone on in the direction of the entry.
    Stop {
        /// How far.
        offset_bps: BasisPoints,
        /// Bars that the order lives.
        valid_bars: ValidBars,
    },
    /// The same, but not beyond a limit.
    StopLimit {
        /// How far.
        offset_bps: BasisPoints,
        /// The limit, measured from the stop in the direction of the entry.
        limit_offset_bps: BasisPoints,
        /// Bars that the order lives.
        valid_bars: ValidBars,
    },
}

/// Protective exits of every position.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Risk {
    /// Distance of the stop from the base price, as a fraction of it.
    pub stop_loss: Option<StopFraction>,
    /// Distance of the target from the base price, as a fraction of it.
    pub take_profit: Option<TargetFraction>,
    /// Distance of a stop that follows the best price since the entry, as a fraction of it. It
    /// moves at each close and only in favour of the position.
    #[serde(default)]
    pub trailing_stop: Option<StopFraction>,
    /// Which price is the base.
    pub level: RiskLevel,
    /// From which bar on the levels are live.
    pub active: RiskActive,
}

/// A check that a run makes of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// Whether orders depend on bars that had not happened.
    Lookahead,
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
    /// Everything that the run reads bars of, its own dataset first.
    pub fn datasets(&self) -> impl Iterator<Item = &DatasetRef> {
        std::iter::once(&self.dataset).chain(&self.benchmark)
    }

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
