//! Sizes, costs and execution: tagged objects, one schema a kind.

use utoipa::ToSchema;

/// How many units an entry trades. All but the fixed quantity divide money by the price of the
/// fill, slippage and commission included.
#[derive(ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[schema(example = json!({"kind": "percent_of_equity", "value": 0.95}))]
pub(super) enum Sizing {
    /// Always the same number of units.
    FixedQuantity {
        /// Units.
        #[schema(exclusive_minimum = 0, maximum = 1e12)]
        value: f64,
    },
    /// For always the same money.
    FixedCash {
        /// Money.
        #[schema(minimum = 0.01, maximum = 1e15)]
        value: f64,
    },
    /// For a share of the equity at the fill.
    PercentOfEquity {
        /// The share, as a fraction: 0.5 is half.
        #[schema(exclusive_minimum = 0, maximum = 1)]
        value: f64,
    },
    /// So many units that the protective stop loses a share of the equity; needs
    /// `risk.stop_loss` or `risk.trailing_stop`.
    RiskToStop {
        /// The share, as a fraction: 0.01 is one percent.
        #[schema(exclusive_minimum = 0, maximum = 1)]
        value: f64,
    },
}

/// Paid to the broker.
#[derive(ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum Commission {
    /// A share of the notional.
    Bps {
        /// Basis points.
        #[schema(minimum = 0, maximum = 10_000)]
        value: f64,
        /// Money an order, at least.
        #[schema(minimum = 0, maximum = 1e9)]
        minimum: Option<f64>,
    },
    /// So much a unit.
    PerShare {
        /// Money a unit.
        #[schema(minimum = 0, maximum = 1e9)]
        value: f64,
        /// Money an order, at least.
        #[schema(minimum = 0, maximum = 1e9)]
        minimum: Option<f64>,
    },
    /// So much an order.
    Fixed {
        /// Money.
        #[schema(minimum = 0, maximum = 1e9)]
        value: f64,
    },
}

/// Lost to the market, on each market and stop fill.
#[derive(ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum Slippage {
    /// A share of the price, against the order.
    Bps {
        /// Basis points.
        #[schema(minimum = 0, maximum = 10_000)]
        value: f64,
    },
    /// So many ticks against the order; needs `execution.tick_size`.
    Ticks {
        /// Ticks.
        #[schema(minimum = 0, maximum = 1e6)]
        value: f64,
    },
    /// Market orders fill at mid plus or minus so many mean spreads of the bar; needs a dataset
    /// with `bid_mean`, `ask_mean` and `spread_mean`.
    KSpread {
        /// Spreads: 0.5 fills at bid and ask.
        #[schema(minimum = 0, maximum = 1e6)]
        value: f64,
    },
}

/// How orders are carried out.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ExecutionRequest {
    #[schema(required = false, default = "next_open")]
    fill: FillAt,
    /// Whether an open position is closed at the last close.
    #[schema(required = false, default = false)]
    close_at_end: bool,
    #[schema(required = false, default = "pessimistic")]
    intrabar: Intrabar,
    /// How entries are ordered; at the market when nothing is said.
    entry: Option<EntryOrder>,
    /// Of a bar's volume, the share that may be traded; the rest of an order waits.
    #[schema(exclusive_minimum = 0, maximum = 1)]
    max_volume_share: Option<f64>,
    /// Quantities are cut to multiples of it.
    #[schema(exclusive_minimum = 0, maximum = 1e12)]
    lot_size: Option<f64>,
    /// Prices of orders and slipped fills are rounded to multiples of it.
    #[schema(minimum = 1e-9, maximum = 1e9)]
    tick_size: Option<f64>,
}

/// How orders are carried out.
#[derive(ToSchema)]
pub(super) struct Execution {
    fill: FillAt,
    close_at_end: bool,
    intrabar: Intrabar,
    entry: EntryOrder,
    max_volume_share: Option<f64>,
    lot_size: Option<f64>,
    tick_size: Option<f64>,
}

/// When market orders fill: at the open of the bar after the signal, or at the close that gave it.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
enum FillAt {
    NextOpen,
    Close,
}

/// What is assumed of a bar that touches stop and target alike: the stop came first; of high and
/// low, the one nearer to the open came first; the target came first.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(super) enum Intrabar {
    Pessimistic,
    NearestExtreme,
    Optimistic,
}

/// How entries are ordered. Offsets are measured from the close of the signal.
#[derive(ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum EntryOrder {
    /// At once.
    Market {},
    /// At a better price.
    Limit {
        /// How much better.
        #[schema(minimum = 0, maximum = 10_000, default = 0, required = false)]
        offset_bps: f64,
        /// Bars that the order lives.
        #[schema(minimum = 1, maximum = 1_000_000, default = 1, required = false)]
        valid_bars: u32,
    },
    /// Once the price has gone on in the direction of the entry.
    Stop {
        /// How far.
        #[schema(minimum = 0, maximum = 10_000, default = 0, required = false)]
        offset_bps: f64,
        /// Bars that the order lives.
        #[schema(minimum = 1, maximum = 1_000_000, default = 1, required = false)]
        valid_bars: u32,
    },
    /// The same, but not beyond a limit.
    StopLimit {
        /// How far.
        #[schema(minimum = 0, maximum = 10_000, default = 0, required = false)]
        offset_bps: f64,
        /// The limit, measured from the stop in the direction of the entry.
        #[schema(minimum = 0, maximum = 10_000, default = 0, required = false)]
        limit_offset_bps: f64,
        /// Bars that the order lives.
        #[schema(minimum = 1, maximum = 1_000_000, default = 1, required = false)]
        valid_bars: u32,
    },
}

/// What is bought and held for comparison.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct BenchmarkRequest {
    /// A dataset, by name.
    #[schema(example = "aapl-1d", pattern = "^[a-z0-9][a-z0-9_-]{0,63}$")]
    dataset_id: String,
}

/// What is bought and held for comparison.
#[derive(ToSchema)]
pub(super) struct Benchmark {
    dataset_id: String,
    dataset_version: u32,
}

/// A check that a run makes of itself. `lookahead`: whether orders depend on bars that had not
/// happened when they were placed.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(super) enum Check {
    Lookahead,
}
