//! The body of `POST /backtests`.

use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::ToSchema;

use super::backtest::{Direction, Priority};
use super::execution::{BenchmarkRequest, Check, Commission, ExecutionRequest, Sizing, Slippage};

/// What a backtest is asked for with: `strategy_id` or `rules`, and either `dataset_id` or all of `symbol`,
/// `interval`, `from` and `to`. Everything else has a default, which the answer repeats.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct BacktestRequest {
    /// The dataset, by name.
    #[schema(example = "aapl-1d", pattern = "^[a-z0-9][a-z0-9_-]{0,63}$")]
    dataset_id: Option<String>,
    /// The dataset, by what was traded; with `interval`, `from` and `to`.
    #[schema(example = "AAPL")]
    symbol: Option<String>,
    /// Time from bar to bar.
    #[schema(example = "1d")]
    interval: Option<String>,
    /// The first moment: a date or a time; the start of the dataset when nothing is said. A range
    /// that the dataset does not cover is refused.
    #[schema(example = "2004-01-01")]
    from: Option<String>,
    /// The last moment, included; a date covers its whole day.
    #[schema(example = "2010-12-31")]
    to: Option<String>,
    /// The strategy, by name.
    #[schema(example = "sma_crossover", pattern = "^[a-z0-9][a-z0-9_-]{0,63}$")]
    strategy_id: Option<String>,
    /// The newest when nothing is said.
    #[schema(minimum = 1)]
    strategy_version: Option<u32>,
    /// A rule set in place of `strategy_id`, by the JSON Schema of
    /// `GET /api/v1/strategies/rules-schema`. `risk` overrides its distances one by one.
    #[schema(value_type = Option<Object>)]
    rules: Option<Value>,
    /// Parameters of the strategy; those that are missing take the defaults of its schema.
    #[schema(required = false)]
    params: BTreeMap<String, f64>,
    /// The source of every stochastic step.
    #[schema(required = false, default = 0)]
    seed: u64,
    /// Money to start with.
    #[schema(default = 100_000, exclusive_minimum = 0, maximum = 1e15)]
    capital: Option<f64>,
    #[schema(required = false, default = "long")]
    direction: Direction,
    /// How many units an entry trades; one when nothing is said.
    sizing: Option<Sizing>,
    #[schema(required = false)]
    costs: CostsRequest,
    #[schema(required = false)]
    risk: RiskRequest,
    #[schema(required = false)]
    execution: ExecutionRequest,
    /// What is bought and held for comparison; the dataset of the run when nothing is said.
    benchmark: Option<BenchmarkRequest>,
    /// What the run checks of itself.
    #[schema(required = false)]
    checks: Vec<Check>,
    #[schema(required = false)]
    limits: LimitsRequest,
    #[schema(required = false, default = "interactive")]
    priority: Priority,
    /// Words to find the run by.
    #[schema(required = false, max_items = 32)]
    tags: Vec<String>,
    /// Run it even if an equal run exists.
    #[schema(required = false, default = false)]
    force_new: bool,
    /// It is not started before: a time, or a date, which means its first moment; at most 366 days
    /// ahead. One that has passed means at once. A request that shares the run of an equal one
    /// does not change when that is started.
    #[schema(example = "2027-01-04T06:00:00Z")]
    not_before: Option<String>,
}

/// What trading costs; for each kind the shorthand or the tagged form, not both.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
struct CostsRequest {
    /// Shorthand of `commission` in basis points.
    #[schema(minimum = 0, maximum = 10_000, default = 0)]
    commission_bps: Option<f64>,
    /// Shorthand of `slippage` in basis points.
    #[schema(minimum = 0, maximum = 10_000, default = 0)]
    slippage_bps: Option<f64>,
    /// Paid to the broker, on each fill.
    commission: Option<Commission>,
    /// Lost to the market, on each market and stop fill.
    slippage: Option<Slippage>,
}

/// Protective exits of every position.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
struct RiskRequest {
    /// Distance of the stop from the base price, as a fraction of it.
    #[schema(exclusive_minimum = 0, exclusive_maximum = 1)]
    stop_loss: Option<f64>,
    /// Distance of the target from the base price, as a fraction of it.
    #[schema(exclusive_minimum = 0, maximum = 10)]
    take_profit: Option<f64>,
    /// Distance of a stop that follows the best price since the entry, as a fraction of it. It
    /// moves at each close and only in favour of the position.
    #[schema(exclusive_minimum = 0, exclusive_maximum = 1)]
    trailing_stop: Option<f64>,
    #[schema(required = false, default = "entry_price")]
    level: RiskLevel,
    #[schema(required = false, default = "next_bar")]
    active: RiskActive,
}

/// The base price of protective levels: the fill of the entry, or the close that gave the signal.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(super) enum RiskLevel {
    EntryPrice,
    SignalClose,
}

/// From which bar on protective levels are live: the one after the entry, or the entry's own.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(super) enum RiskActive {
    NextBar,
    SameBar,
}

/// Limits of the run; they may only lower the server's own.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
struct LimitsRequest {
    /// Wall time.
    timeout_ms: Option<u64>,
    /// Memory, in MiB.
    memory_mb: Option<u64>,
    /// Processor time, in milliseconds.
    cpu_ms: Option<u64>,
    /// Bars of the range.
    bars: Option<u64>,
    /// Orders placed.
    orders: Option<u64>,
    /// Lines that a guest strategy logs.
    log_lines: Option<u64>,
    /// Size of the report in bytes, before it is packed.
    output_bytes: Option<u64>,
}
