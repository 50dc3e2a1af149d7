//! What a run left behind, looked into: its log, its state at a bar, its tear sheet; beside another
//! run, and repeated.

use std::collections::BTreeMap;

use utoipa::{IntoParams, ToSchema};

use super::backtest::Backtest;
use super::complete::Refusals;
use super::examples;
use super::paging::{BacktestPath, TableParams};
use super::rows::{Fill, LogLevel, LogLine, OpenTrade, Order, Trade};
use crate::problem::Code;

pub(super) const PROBLEMS: &[Refusals] = &[
    (
        "list_logs",
        &[
            Code::ValidationError,
            Code::OutOfRange,
            Code::BacktestNotFound,
            Code::ArtifactNotFound,
            Code::NotReady,
            Code::Unavailable,
        ],
    ),
    (
        "get_report",
        &[Code::BacktestNotFound, Code::ArtifactNotFound, Code::NotReady, Code::Unavailable],
    ),
    (
        "get_state",
        &[
            Code::ValidationError,
            Code::OutOfRange,
            Code::BacktestNotFound,
            Code::ArtifactNotFound,
            Code::NotReady,
            Code::Unavailable,
        ],
    ),
    (
        "diff_backtests",
        &[Code::BacktestNotFound, Code::ArtifactNotFound, Code::NotReady, Code::Unavailable],
    ),
    (
        "rerun_backtest",
        &[
            Code::ValidationError,
            Code::BacktestNotFound,
            Code::ArtifactNotFound,
            Code::NotReady,
            Code::IdempotencyConflict,
            Code::QueueFull,
            Code::Unavailable,
        ],
    ),
    (
        "verify_backtest",
        &[
            Code::BacktestNotFound,
            Code::ArtifactNotFound,
            Code::NotReady,
            Code::Conflict,
            Code::Unavailable,
        ],
    ),
    ("list_metric_definitions", &[Code::ValidationError]),
];

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
struct LogParams {
    /// Only lines of this level.
    #[param(required = false, inline)]
    level: LogLevel,
}

/// A page of what the run had to say.
#[derive(ToSchema)]
struct Logs {
    items: Vec<LogLine>,
    #[schema(required)]
    next_cursor: Option<String>,
    /// Lines in all, of the level that was asked for.
    total: u64,
    /// Lines that there was no room for.
    dropped: u64,
    /// Only on runs that did not succeed.
    #[schema(required = false)]
    partial: bool,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
struct StateParams {
    /// The bar, from 0 within the run; this or `at`.
    #[param(required = false)]
    bar: u64,
    /// A moment that a bar of the run covers; this or `bar`.
    #[param(required = false, example = "2010-12-31")]
    at: String,
}

/// The state at the close of a bar.
#[derive(ToSchema)]
struct State {
    bar: u64,
    #[schema(format = DateTime)]
    time: String,
    cash: f64,
    /// Units, negative when short.
    position: f64,
    equity: f64,
    /// As a fraction of the highest equity so far, positive.
    drawdown: f64,
    #[schema(required)]
    open_trade: Option<OpenTrade>,
    /// Orders that wait, as they were known then.
    working_orders: Vec<Order>,
    /// Fills of the bar.
    fills: Vec<Fill>,
    /// The value of each indicator by its name, `name.output` where there are several; `null`
    /// until it is warm.
    indicators: BTreeMap<String, Option<f64>>,
    /// Each rule by its name, and whether it held; empty for a strategy without rules.
    rules: BTreeMap<String, RuleTruth>,
    /// Only on runs that did not succeed.
    #[schema(required = false)]
    partial: bool,
}

/// Whether a rule held.
#[derive(ToSchema)]
struct RuleTruth {
    /// Its conditions say so, and everything named in it is defined.
    truth: bool,
    /// Whether everything named in it is defined.
    defined: bool,
    group: GroupTruth,
}

/// A group and what stands in it: conditions and further groups.
#[derive(ToSchema)]
struct GroupTruth {
    kind: GroupKind,
    truth: bool,
    defined: bool,
    /// A condition has `text`, `op`, `left`, `right`, `truth` and `defined`; a group what this one
    /// has.
    #[schema(value_type = Vec<Object>)]
    children: Vec<String>,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
enum GroupKind {
    All,
    Any,
    Not,
}

/// Two runs side by side.
#[derive(ToSchema)]
struct Diff {
    #[schema(format = Uuid)]
    a: String,
    #[schema(format = Uuid)]
    b: String,
    /// Whether nothing differs, inputs included.
    identical: bool,
    /// Inputs that differ.
    inputs: Vec<InputDifference>,
    trades: TradeDifferences,
    /// Statistics that differ.
    metrics: Vec<MetricDifference>,
    /// The first bar at which the equity parts.
    #[schema(required)]
    first_difference: Option<Parting>,
    /// Whether one of the runs did not succeed.
    partial: bool,
}

/// An input that differs.
#[derive(ToSchema)]
struct InputDifference {
    /// JSON pointer (RFC 6901) into the specification.
    pointer: String,
    #[schema(value_type = Value)]
    a: String,
    #[schema(value_type = Value)]
    b: String,
}

/// Trades of the same entry and side are the same trade.
#[derive(ToSchema)]
struct TradeDifferences {
    /// How many are alike.
    matched: u64,
    changed_count: u64,
    missing_count: u64,
    /// Those that differ; the first thousand.
    changed: Vec<ChangedTrade>,
    /// Those that one of the runs does not have; the first thousand of each.
    missing: Vec<MissingTrade>,
}

#[derive(ToSchema)]
struct ChangedTrade {
    a: Trade,
    b: Trade,
}

#[derive(ToSchema)]
struct MissingTrade {
    missing_in: Side,
    trade: Trade,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
enum Side {
    A,
    B,
}

/// A statistic that differs.
#[derive(ToSchema)]
struct MetricDifference {
    key: String,
    group: MetricGroup,
    #[schema(required)]
    a: Option<f64>,
    #[schema(required)]
    b: Option<f64>,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
enum MetricGroup {
    Run,
    All,
    Long,
    Short,
}

/// Where the equity parts; a run without that bar has `null`.
#[derive(ToSchema)]
struct Parting {
    bar: u64,
    #[schema(format = DateTime)]
    time: String,
    #[schema(required)]
    a: Option<f64>,
    #[schema(required)]
    b: Option<f64>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
struct DiffPath {
    /// The id of a backtest.
    #[param(format = Uuid, example = "0199a3c2-7d1e-7c4b-9a57-2f6f0b8f6a11")]
    a: String,
    /// The id of another.
    #[param(format = Uuid, example = "0199a3c2-7d1e-7c4b-9a57-2f6f0b8f6a12")]
    b: String,
}

/// What came of repeating a run.
#[derive(ToSchema)]
struct Verification {
    /// Whether everything that is stored was computed again to the last bit.
    identical: bool,
    /// Blocks of the hash chain.
    blocks: u64,
    bars: u64,
    /// The hash of all blocks.
    #[schema(required)]
    chain_head: Option<String>,
    engine_version: EngineVersions,
    /// Only when they are not identical.
    #[schema(required = false)]
    first_difference: Option<FirstDifference>,
}

/// Engines of other versions may differ.
#[derive(ToSchema)]
struct EngineVersions {
    stored: String,
    computed: String,
}

/// The first bar at which what is stored and what was computed part.
#[derive(ToSchema)]
struct FirstDifference {
    /// None for what belongs to no bar.
    #[schema(required)]
    bar: Option<u64>,
    #[schema(required, format = DateTime)]
    time: Option<String>,
    what: Aspect,
    /// A number, or the row that differs.
    #[schema(value_type = Value)]
    stored: String,
    #[schema(value_type = Value)]
    computed: String,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
enum Aspect {
    Bars,
    Orders,
    Fills,
    Position,
    Cash,
    Equity,
    Trades,
    Chain,
    Metrics,
}

/// What each statistic means.
#[derive(ToSchema)]
struct MetricDefinitions {
    items: Vec<MetricDefinition>,
    #[schema(required)]
    next_cursor: Option<String>,
}

#[derive(ToSchema)]
struct MetricDefinition {
    /// Its key in results.
    key: String,
    group: DefinitionGroup,
    formula: String,
    unit: MetricUnit,
    /// Whose formula it is; `definition` where it is nobody's.
    source: String,
}

/// Of the run, or of its trades: those are there for all, long and short ones.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
enum DefinitionGroup {
    Run,
    Trades,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
enum MetricUnit {
    Count,
    Bars,
    Money,
    Fraction,
    Ratio,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
struct RerunHeaders {
    /// 1 to 255 visible ASCII characters. The same key again answers with the first rerun.
    #[param(required = false, rename = "Idempotency-Key", min_length = 1, max_length = 255)]
    idempotency_key: String,
    /// `wait=SECONDS`, at most 60: answer with the finished run if it ends in time (RFC 7240).
    #[param(required = false, rename = "Prefer", example = "wait=10")]
    prefer: String,
}

/// What a run had to say
#[utoipa::path(get, path = "/api/v1/backtests/{id}/logs", tag = "results",
    params(BacktestPath, TableParams, LogParams),
    responses((status = 200, description = "A page of JSON, or all of it in another format.", content(
        (Logs = "application/json", example = json!(examples::logs())), (String = "text/csv"),
        (String = "application/x-ndjson"), (String = "application/vnd.apache.parquet"),
    ), headers(("link" = String, description = "`rel=\"next\"`: the next page (RFC 8288).")))),
)]
pub(super) fn list_logs() {}

/// A run on one page
///
/// Complete in itself: it loads nothing and runs no script.
#[utoipa::path(get, path = "/api/v1/backtests/{id}/report", tag = "results", params(BacktestPath),
    responses((status = 200, description = "The tear sheet.", body = String, content_type = "text/html")),
)]
pub(super) fn get_report() {}

/// The state of a run at one of its bars
///
/// Cash, position, waiting orders, the values of the indicators, and which rules held and why.
#[utoipa::path(get, path = "/api/v1/backtests/{id}/state", tag = "results",
    params(BacktestPath, StateParams),
    responses((status = 200, description = "Everything at the close of the bar.", body = State, example = json!(examples::state()))),
)]
pub(super) fn get_state() {}

/// Two runs side by side
#[utoipa::path(get, path = "/api/v1/backtests/{a}/diff/{b}", tag = "results", params(DiffPath),
    responses((status = 200, description = "What differs.", body = Diff, example = json!(examples::diff()))),
)]
pub(super) fn diff_backtests() {}

/// Repeat a backtest
///
/// A new run with the inputs of the manifest, dataset content and version of the rules included.
/// It is never taken for the run that it repeats.
#[utoipa::path(post, path = "/api/v1/backtests/{id}/rerun", tag = "backtests",
    params(BacktestPath, RerunHeaders),
    responses(
        (status = 202, description = "A new run, queued.",
            headers(("location" = String, description = "Its path.")),
            body = Backtest, example = json!(examples::backtest_queued())),
        (status = 200, description = "The run that the key made before, or the new one, finished, when `Prefer: wait` was given.",
            headers(
                ("location" = String, description = "Its path."),
                ("idempotent-replayed" = String, description = "`true` when the key was seen before."),
                ("preference-applied" = String, description = "`wait` when it was waited for."),
            ),
            body = Backtest, example = json!(examples::backtest())),
    ),
)]
pub(super) fn rerun_backtest() {}

/// Verify a backtest
///
/// Runs it again in a fresh process and compares everything that is stored.
#[utoipa::path(post, path = "/api/v1/backtests/{id}/verify", tag = "backtests", params(BacktestPath),
    responses((status = 200, description = "Whether they are identical, or where they part.", body = Verification, example = json!(examples::verification()))),
)]
pub(super) fn verify_backtest() {}

/// What each statistic means
#[utoipa::path(get, path = "/api/v1/metric-definitions", tag = "results",
    responses((status = 200, description = "All of them.", body = MetricDefinitions, example = json!(examples::metric_definitions()))),
)]
pub(super) fn list_metric_definitions() {}
