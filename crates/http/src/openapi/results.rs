//! What a run left behind.

use std::collections::BTreeMap;

use utoipa::{IntoParams, ToSchema};

use super::backtest::{Direction, Risk};
use super::complete::Refusals;
use super::examples;
use super::execution::{Check, Commission, Execution, Sizing, Slippage};
use super::metrics::Metrics;
use super::paging::{BacktestPath, Format, TableParams};
use super::rows::{EquityPoint, Fill, Order, Trade};
use crate::problem::Code;

const RESULT: &[Code] =
    &[Code::BacktestNotFound, Code::ArtifactNotFound, Code::NotReady, Code::Unavailable];
const TABLE: &[Code] = &[
    Code::ValidationError,
    Code::OutOfRange,
    Code::BacktestNotFound,
    Code::ArtifactNotFound,
    Code::NotReady,
    Code::Unavailable,
];

pub(super) const PROBLEMS: &[Refusals] = &[
    ("get_metrics", RESULT),
    ("list_trades", TABLE),
    ("list_orders", TABLE),
    ("list_fills", TABLE),
    ("get_equity", TABLE),
    ("get_manifest", RESULT),
];

/// A page of a table.
#[derive(ToSchema)]
struct Table<T> {
    items: Vec<T>,
    #[schema(required)]
    next_cursor: Option<String>,
    /// Rows of the whole table.
    total: u64,
    /// Only on runs that did not succeed.
    #[schema(required = false)]
    partial: bool,
}

/// The equity curve.
#[derive(ToSchema)]
struct Equity {
    items: Vec<EquityPoint>,
    #[schema(required)]
    next_cursor: Option<String>,
    /// Bars of the run.
    bars: u64,
    /// Points of this answer.
    points: u64,
    /// Whether points were left out.
    decimated: bool,
    /// Only on runs that did not succeed.
    #[schema(required = false)]
    partial: bool,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
struct EquityParams {
    /// At most so many points; the first, the last and the extremes between them are kept.
    #[param(required = false, minimum = 2, maximum = 10_000_000)]
    max_points: u32,
    /// Goes before the `Accept` header.
    #[param(required = false, inline)]
    format: Format,
}

/// Everything that is needed to repeat a run.
#[derive(ToSchema)]
struct Manifest {
    /// The shape of this document.
    version: u32,
    #[schema(format = Uuid)]
    backtest_id: String,
    specification: Specification,
    /// SHA-256 of the specification and the engine's version.
    input_hash: String,
    engine_version: String,
    build: Build,
    #[schema(format = DateTime)]
    created_at: String,
}

/// Everything that determines the result of a run, and nothing else.
#[derive(ToSchema)]
struct Specification {
    dataset: PinnedDataset,
    #[schema(format = DateTime)]
    from: String,
    #[schema(format = DateTime)]
    to: String,
    strategy: PinnedStrategy,
    params: BTreeMap<String, f64>,
    seed: u64,
    capital: f64,
    direction: Direction,
    sizing: Sizing,
    costs: PinnedCosts,
    risk: Risk,
    execution: Execution,
    /// Another dataset, pinned like the first; missing when the run is compared with its own.
    benchmark: Option<PinnedDataset>,
    /// Missing when there are none.
    checks: Option<Vec<Check>>,
}

#[derive(ToSchema)]
struct PinnedDataset {
    id: String,
    version: u32,
    /// SHA-256 of its columns.
    content_hash: String,
    periods_per_year: u32,
}

#[derive(ToSchema)]
struct PinnedStrategy {
    id: String,
    version: u32,
}

#[derive(ToSchema)]
struct PinnedCosts {
    commission: Commission,
    slippage: Slippage,
}

/// The server that made it.
#[derive(ToSchema)]
struct Build {
    version: String,
    revision: String,
    architecture: String,
}

/// The statistics of a run
#[utoipa::path(get, path = "/api/v1/backtests/{id}/metrics", tag = "results", params(BacktestPath),
    responses((status = 200, description = "One flat object.", body = Metrics, example = json!(examples::metrics()))),
)]
pub(super) fn get_metrics() {}

/// The closed trades of a run
#[utoipa::path(get, path = "/api/v1/backtests/{id}/trades", tag = "results", params(BacktestPath, TableParams),
    responses((status = 200, description = "A page of JSON, or all of it in another format.", content(
        (Table<Trade> = "application/json", example = json!(examples::trades())), (String = "text/csv"), (String = "application/x-ndjson"),
        (String = "application/vnd.apache.parquet"),
    ), headers(("link" = String, description = "`rel=\"next\"`: the next page (RFC 8288).")))),
)]
pub(super) fn list_trades() {}

/// The orders of a run
#[utoipa::path(get, path = "/api/v1/backtests/{id}/orders", tag = "results", params(BacktestPath, TableParams),
    responses((status = 200, description = "A page of JSON, or all of it in another format.", content(
        (Table<Order> = "application/json", example = json!(examples::orders())), (String = "text/csv"), (String = "application/x-ndjson"),
        (String = "application/vnd.apache.parquet"),
    ), headers(("link" = String, description = "`rel=\"next\"`: the next page (RFC 8288).")))),
)]
pub(super) fn list_orders() {}

/// The executions of a run
#[utoipa::path(get, path = "/api/v1/backtests/{id}/fills", tag = "results", params(BacktestPath, TableParams),
    responses((status = 200, description = "A page of JSON, or all of it in another format.", content(
        (Table<Fill> = "application/json", example = json!(examples::fills())), (String = "text/csv"), (String = "application/x-ndjson"),
        (String = "application/vnd.apache.parquet"),
    ), headers(("link" = String, description = "`rel=\"next\"`: the next page (RFC 8288).")))),
)]
pub(super) fn list_fills() {}

/// The equity curve of a run
#[utoipa::path(get, path = "/api/v1/backtests/{id}/equity", tag = "results", params(BacktestPath, EquityParams),
    responses((status = 200, description = "Every bar, or fewer points.", content(
        (Equity = "application/json", example = json!(examples::equity())), (String = "text/csv"), (String = "application/x-ndjson"),
        (String = "application/vnd.apache.parquet"),
    ))),
)]
pub(super) fn get_equity() {}

/// Everything that is needed to repeat a run
#[utoipa::path(get, path = "/api/v1/backtests/{id}/manifest", tag = "results", params(BacktestPath),
    responses((status = 200, description = "The manifest.", body = Manifest, example = json!(examples::manifest()))),
)]
pub(super) fn get_manifest() {}
