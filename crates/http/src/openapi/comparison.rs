//! Runs beside others, and repeated.

use utoipa::{IntoParams, ToSchema};

use super::backtest::Backtest;
use super::complete::Refusals;
use super::examples;
use super::paging::BacktestPath;
use super::rows::Trade;
use crate::problem::Code;

pub(super) const PROBLEMS: &[Refusals] = &[
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
];

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

#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
struct RerunHeaders {
    /// 1 to 255 visible ASCII characters. The same key again answers with the first rerun.
    #[param(required = false, rename = "Idempotency-Key", pattern = "^[!-~]{1,255}$")]
    idempotency_key: String,
    /// `wait=SECONDS`, at most 60: answer with the finished run if it ends in time (RFC 7240).
    #[param(required = false, rename = "Prefer", example = "wait=10")]
    prefer: String,
}

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
