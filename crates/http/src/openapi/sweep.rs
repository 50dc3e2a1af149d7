//! The sweep resource, its request and its rows.

use std::collections::BTreeMap;

use tapedeck_domain::sweep::RowFigures;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::backtest::{
    Cancellation, Direction, Failure, Headline, Limits, Priority, RunStrategy, Status,
};
use super::metrics::figures;
use super::request::BacktestRequest;

/// What a sweep is asked for with.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SweepRequest {
    /// The body of a backtest, without the swept parameters.
    backtest: BacktestRequest,
    /// The swept parameters by name; at least one.
    parameters: BTreeMap<String, AxisRequest>,
    /// What combinations must fulfil to be part of the search. Those that the strategy itself
    /// cannot take are left out, too.
    #[schema(required = false, max_items = 32)]
    constraints: Vec<Constraint>,
    /// Which combinations are run; all when nothing is said.
    search: Option<Search>,
    /// The key of the statistic that the best combination is best in.
    #[schema(default = "sharpe")]
    objective: Option<String>,
    /// What a combination must fulfil to be listed, and to be the best.
    #[schema(required = false, max_items = 32)]
    filters: Vec<Filter>,
}

/// The values of a parameter: `values`, or `from` and `to`, both included, in steps of `step`.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
struct AxisRequest {
    from: Option<f64>,
    to: Option<f64>,
    /// That of the strategy's schema when nothing is said.
    #[schema(exclusive_minimum = 0)]
    step: Option<f64>,
    values: Option<Vec<f64>>,
}

/// The values of a parameter.
#[derive(ToSchema)]
struct Axis {
    values: Vec<f64>,
}

/// What must hold between parameters and numbers.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
struct Constraint {
    left: Operand,
    op: Comparison,
    right: Operand,
}

/// A number, or the name of a parameter of the strategy.
#[derive(ToSchema)]
#[serde(untagged)]
enum Operand {
    Number(f64),
    Parameter(String),
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
enum Comparison {
    Lt,
    Lte,
    Gt,
    Gte,
    Eq,
    Ne,
}

/// All combinations, or a sample of them.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
struct Search {
    kind: SearchKind,
    /// Of a random search: how many different combinations.
    #[schema(required = false, minimum = 1)]
    samples: u64,
    /// Of a random search: equal seeds draw alike.
    #[schema(required = false)]
    seed: u64,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
enum SearchKind {
    Grid,
    Random,
}

/// What a statistic must fulfil.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
struct Filter {
    /// Its key; where it has no value, it does not fulfil the filter.
    metric: String,
    op: Comparison,
    value: f64,
}

/// A sweep.
#[derive(ToSchema)]
pub(super) struct Sweep {
    #[schema(format = Uuid)]
    id: String,
    status: Status,
    dataset_id: String,
    dataset_version: u32,
    symbol: String,
    interval: String,
    #[schema(format = DateTime)]
    from: String,
    /// Included.
    #[schema(format = DateTime)]
    to: String,
    strategy: RunStrategy,
    /// The parameters that are not swept, defaults included.
    params: BTreeMap<String, f64>,
    /// The swept parameters.
    parameters: BTreeMap<String, Axis>,
    constraints: Vec<Constraint>,
    search: Search,
    objective: String,
    filters: Vec<Filter>,
    seed: u64,
    capital: f64,
    direction: Direction,
    /// As in a backtest.
    #[schema(value_type = Object)]
    sizing: (),
    /// As in a backtest.
    #[schema(value_type = Object)]
    costs: (),
    /// As in a backtest.
    #[schema(value_type = Object)]
    risk: (),
    /// As in a backtest.
    #[schema(value_type = Object)]
    execution: (),
    #[schema(required, value_type = Option<Object>)]
    benchmark: Option<()>,
    checks: Vec<String>,
    limits: Limits,
    priority: Priority,
    tags: Vec<String>,
    /// SHA-256 of everything that changes the result.
    input_hash: String,
    request_id: String,
    /// It is not started before.
    #[schema(required, format = DateTime)]
    not_before: Option<String>,
    attempt: u32,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(required, format = DateTime)]
    started_at: Option<String>,
    #[schema(required, format = DateTime)]
    finished_at: Option<String>,
    queue_wait_ms: i64,
    #[schema(required)]
    duration_ms: Option<i64>,
    /// Combinations of the search.
    combinations_total: u64,
    combinations_done: u64,
    /// Combinations that the strategy itself cannot take; `null` where the grid is too large to be
    /// looked through.
    #[schema(required)]
    combinations_excluded: Option<u64>,
    progress: SweepProgress,
    /// Combinations that were run to their end, once the sweep has ended.
    #[schema(required)]
    trials: Option<u64>,
    /// The combination with the best objective of those that pass the filters: the highest, or the
    /// lowest of drawdowns, volatility, costs and losses in number.
    #[schema(required)]
    best: Option<BestCombination>,
    /// The probability that the true Sharpe ratio of the best is above that which the luckiest of
    /// as many trials without skill would show (Bailey and Lopez de Prado, 2014).
    #[schema(required)]
    deflated_sharpe: Option<f64>,
    /// Why there is no `deflated_sharpe`.
    undefined: BTreeMap<String, String>,
    /// Only on sweeps that ended before their last combination.
    #[schema(required = false)]
    partial: bool,
    #[schema(required)]
    failure: Option<Failure>,
    /// When it waits after a start that came to nothing: it is not started again before.
    #[schema(required, format = DateTime)]
    retry_at: Option<String>,
    /// Who asked for its end, when it is ending or was cancelled.
    #[schema(required)]
    cancellation: Option<Cancellation>,
    links: BTreeMap<String, String>,
    /// Only in the answer to a request that found an equal sweep.
    #[schema(required = false)]
    deduplicated: bool,
}

/// How far it is.
#[derive(ToSchema)]
struct SweepProgress {
    combinations_done: u64,
    combinations_total: u64,
    #[schema(minimum = 0, maximum = 100)]
    percent: f64,
    #[schema(required)]
    eta_ms: Option<u64>,
}

/// The best combination.
#[derive(ToSchema)]
struct BestCombination {
    /// Its place in the search, from 0.
    combination: u64,
    params: BTreeMap<String, f64>,
    metrics: Headline,
}

/// A combination that was run.
#[derive(ToSchema)]
pub(super) struct SweepRow {
    /// Its place in the search, from 0: nested loops over the parameters by name, each over its
    /// values as they were given, the last name innermost.
    combination: u64,
    /// The swept parameters.
    params: BTreeMap<String, f64>,
    #[schema(required)]
    metrics: Option<RowMetrics>,
    /// Why it could not be run.
    #[schema(required)]
    failure: Option<String>,
}

/// The statistics of a combination.
struct RowMetrics;

impl PartialSchema for RowMetrics {
    fn schema() -> RefOr<Schema> {
        figures(RowFigures::definitions())
            .description(Some(
                "Of the run and of all its trades; a figure without a value is `null`, and \
                 `undefined` says why.",
            ))
            .into()
    }
}

impl ToSchema for RowMetrics {}

/// A statistic over two parameters.
#[derive(ToSchema)]
pub(super) struct Heatmap {
    /// The values of one parameter, ascending.
    x: Vec<f64>,
    /// The values of the other, ascending.
    y: Vec<f64>,
    /// The statistic by the index of `y`, then of `x`; `null` where no row has a value.
    z: Vec<Vec<Option<f64>>>,
    /// Only on sweeps that ended before their last combination.
    #[schema(required = false)]
    partial: bool,
}
