//! `/sweeps`: submit, follow, end, read.

use utoipa::{IntoParams, ToSchema};

use super::backtests::{CreateHeaders, ListFilters, WaitParams};
use super::complete::Refusals;
use super::examples;
use super::paging::{Format, PageParams};
use super::sweep::{Heatmap, Sweep, SweepRequest, SweepRow};
use crate::problem::Code;

const RESULTS: &[Code] = &[
    Code::ValidationError,
    Code::OutOfRange,
    Code::NotFound,
    Code::ArtifactNotFound,
    Code::NotReady,
    Code::Unavailable,
];

pub(super) const PROBLEMS: &[Refusals] = &[
    (
        "create_sweep",
        &[
            Code::ValidationError,
            Code::MalformedRequest,
            Code::DatasetNotFound,
            Code::StrategyNotFound,
            Code::IdempotencyConflict,
            Code::PayloadTooLarge,
            Code::UnsupportedMediaType,
            Code::QueueFull,
            Code::Unavailable,
        ],
    ),
    ("list_sweeps", &[Code::ValidationError, Code::OutOfRange, Code::Unavailable]),
    ("get_sweep", &[Code::ValidationError, Code::NotFound, Code::Unavailable]),
    ("delete_sweep", &[Code::NotFound, Code::Conflict, Code::Unavailable]),
    ("cancel_sweep", &[Code::NotFound, Code::Unavailable]),
    ("list_sweep_results", RESULTS),
    ("get_sweep_heatmap", RESULTS),
];

#[derive(ToSchema)]
struct SweepPage {
    items: Vec<Sweep>,
    #[schema(required)]
    next_cursor: Option<String>,
    /// With `include_total=true`.
    #[schema(required = false)]
    total: u64,
}

/// A page of rows.
#[derive(ToSchema)]
struct SweepRows {
    items: Vec<SweepRow>,
    #[schema(required)]
    next_cursor: Option<String>,
    /// Rows that are listed, on all pages.
    total: u64,
    /// Combinations that were run to their end, listed or not.
    trials: u64,
    /// Only on sweeps that ended before their last combination.
    #[schema(required = false)]
    partial: bool,
}

/// The sweep.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct SweepPath {
    /// The id of a sweep (UUIDv7).
    #[param(format = Uuid, example = "0199a3c2-7d1e-7c4b-9a57-2f6f0b8f6a11")]
    id: String,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
struct RowParams {
    /// The key of a statistic, or `params.NAME`; descending with a `-` before it. Rows without a
    /// value are last. When nothing is said, the best in the objective are first.
    #[param(required = false, pattern = "^-?[a-z][a-z0-9_.]*$", example = "-sharpe")]
    sort: String,
    /// Rows of a page of JSON.
    #[param(required = false, minimum = 1, maximum = 10_000, default = 1_000)]
    limit: u32,
    /// `next_cursor` of the page before; the other parameters must stay the same.
    #[param(required = false, min_length = 1, pattern = "^[A-Za-z0-9_-]+$")]
    cursor: String,
    /// `false` lists the rows that fail a filter of the sweep, too.
    #[param(required = false, default = true)]
    filtered: bool,
    /// Goes before the `Accept` header. CSV has every row, whatever the page.
    #[param(required = false, inline)]
    format: Format,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
struct HeatmapParams {
    /// A swept parameter.
    #[param(example = "fast")]
    x: String,
    /// Another one. Over further swept parameters, the best value is shown; `fix.NAME=VALUE`
    /// shows one of their values instead.
    #[param(example = "slow")]
    y: String,
    /// The key of a statistic; the objective of the sweep when nothing is said.
    #[param(required = false, example = "sharpe")]
    metric: String,
    /// `false` shows the rows that fail a filter of the sweep, too.
    #[param(required = false, default = true)]
    filtered: bool,
}

/// Submit a sweep
///
/// One strategy over many combinations of its parameters, as one job. Without an
/// `Idempotency-Key`, a body that asks for what an existing sweep has the result of answers with
/// that sweep, unless the backtest's `force_new` is true.
#[utoipa::path(post, path = "/api/v1/sweeps", tag = "sweeps", params(CreateHeaders),
    request_body(content = SweepRequest, examples(
        ("grid" = (summary = "Every combination", value = json!(examples::request_sweep()))),
        ("random" = (summary = "A sample of them", value = json!(examples::request_sweep_random()))),
    )),
    responses(
        (status = 202, description = "A new sweep, queued.",
            headers(("location" = String, description = "Its path.")),
            body = Sweep, example = json!(examples::sweep_queued())),
        (status = 200, description = "A sweep that is the same already (`deduplicated`, or the header `idempotent-replayed`), or the new one, finished, when `Prefer: wait` was given.",
            headers(
                ("location" = String, description = "Its path."),
                ("idempotent-replayed" = String, description = "`true` when the key was seen before."),
                ("preference-applied" = String, description = "`wait` when it was waited for."),
            ),
            body = Sweep, example = json!(examples::sweep())),
    ),
)]
pub(super) fn create_sweep() {}

/// List sweeps
///
/// Newest first.
#[utoipa::path(get, path = "/api/v1/sweeps", tag = "sweeps", params(PageParams, ListFilters),
    responses(
        (status = 200, description = "A page.",
            headers(("link" = String, description = "`rel=\"next\"`: the next page (RFC 8288).")),
            body = SweepPage),
    ),
)]
pub(super) fn list_sweeps() {}

/// Look at a sweep
#[utoipa::path(get, path = "/api/v1/sweeps/{id}", tag = "sweeps", params(SweepPath, WaitParams),
    responses((status = 200, description = "The sweep.", body = Sweep, example = json!(examples::sweep()))),
)]
pub(super) fn get_sweep() {}

/// Remove a finished sweep and its results
#[utoipa::path(delete, path = "/api/v1/sweeps/{id}", tag = "sweeps", params(SweepPath),
    responses((status = 204, description = "It is gone.")),
)]
pub(super) fn delete_sweep() {}

/// Cancel a sweep
///
/// The combinations that were run to their end stay.
#[utoipa::path(post, path = "/api/v1/sweeps/{id}/cancel", tag = "sweeps", params(SweepPath),
    responses(
        (status = 202, description = "It ends.", body = Sweep, example = json!(examples::sweep_queued())),
        (status = 200, description = "It has ended.", body = Sweep, example = json!(examples::sweep())),
    ),
)]
pub(super) fn cancel_sweep() {}

/// The combinations of a sweep
///
/// Those that pass its filters, the best first.
#[utoipa::path(get, path = "/api/v1/sweeps/{id}/results", tag = "sweeps", params(SweepPath, RowParams),
    responses((status = 200, description = "A page of JSON, or all of it as CSV.", content(
        (SweepRows = "application/json", example = json!(examples::sweep_results())), (String = "text/csv"),
    ), headers(("link" = String, description = "`rel=\"next\"`: the next page (RFC 8288).")))),
)]
pub(super) fn list_sweep_results() {}

/// A statistic over two parameters of a sweep
#[utoipa::path(get, path = "/api/v1/sweeps/{id}/heatmap", tag = "sweeps", params(SweepPath, HeatmapParams),
    responses((status = 200, description = "The map.", body = Heatmap, example = json!(examples::heatmap()))),
)]
pub(super) fn get_sweep_heatmap() {}
