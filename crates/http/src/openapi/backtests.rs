//! `/backtests`: submit, follow, end.

use utoipa::{IntoParams, ToSchema};

use super::backtest::{Backtest, Status};
use super::complete::Refusals;
use super::examples;
use super::paging::{BacktestPath, PageParams};
use super::request::BacktestRequest;
use crate::problem::Code;

pub(super) const PROBLEMS: &[Refusals] = &[
    (
        "create_backtest",
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
    ("list_backtests", &[Code::ValidationError, Code::OutOfRange, Code::Unavailable]),
    ("get_backtest", &[Code::ValidationError, Code::BacktestNotFound, Code::Unavailable]),
    ("delete_backtest", &[Code::BacktestNotFound, Code::Conflict, Code::Unavailable]),
    ("cancel_backtest", &[Code::BacktestNotFound, Code::Unavailable]),
];

#[derive(ToSchema)]
struct BacktestPage {
    items: Vec<Backtest>,
    #[schema(required)]
    next_cursor: Option<String>,
    /// With `include_total=true`.
    #[schema(required = false)]
    total: u64,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub(super) struct CreateHeaders {
    /// 1 to 255 visible ASCII characters. The same key and body again answer with the first run.
    #[param(required = false, rename = "Idempotency-Key", pattern = "^[!-~]{1,255}$")]
    idempotency_key: String,
    /// `wait=SECONDS`, at most 60: answer with the finished run if it ends in time (RFC 7240).
    #[param(required = false, rename = "Prefer", example = "wait=10")]
    prefer: String,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ListFilters {
    /// Count all matches, too.
    #[param(required = false, default = false)]
    include_total: bool,
    #[param(required = false, inline)]
    status: Status,
    #[param(required = false, pattern = "^[a-z0-9][a-z0-9_-]{0,63}$")]
    dataset_id: String,
    #[param(required = false, pattern = "^[A-Za-z0-9._:/-]{1,32}$")]
    symbol: String,
    #[param(required = false, pattern = "^[a-z0-9][a-z0-9_-]{0,63}$")]
    strategy_id: String,
    #[param(required = false, pattern = "^[!-~]{1,64}$")]
    tag: String,
    #[param(required = false, format = DateTime, example = "2026-01-01T00:00:00Z")]
    created_after: String,
    #[param(required = false, format = DateTime, example = "2027-01-01T00:00:00Z")]
    created_before: String,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct WaitParams {
    /// Answer when the run has ended, or after so many seconds.
    #[param(required = false, maximum = 60, default = 0)]
    wait: u64,
}

/// Submit a backtest
///
/// Without an `Idempotency-Key`, a body that asks for what an existing run (queued, running or
/// succeeded) has the result of answers with that run, unless `force_new` is true.
#[utoipa::path(post, path = "/api/v1/backtests", tag = "backtests", params(CreateHeaders),
    request_body(content = BacktestRequest, examples(
        ("minimal" = (summary = "Only what is required", value = json!(examples::request_minimal()))),
        ("full" = (summary = "Everything", value = json!(examples::request_full()))),
        ("market" = (summary = "A dataset by symbol and interval", value = json!(examples::request_market()))),
    )),
    responses(
        (status = 202, description = "A new run, queued.",
            headers(("location" = String, description = "Its path.")),
            body = Backtest, example = json!(examples::backtest_queued())),
        (status = 200, description = "A run that is the same already (`deduplicated`, or the header `idempotent-replayed`), or the new one, finished, when `Prefer: wait` was given.",
            headers(
                ("location" = String, description = "Its path."),
                ("idempotent-replayed" = String, description = "`true` when the key was seen before."),
                ("preference-applied" = String, description = "`wait` when it was waited for."),
            ),
            body = Backtest, example = json!(examples::backtest())),
    ),
)]
pub(super) fn create_backtest() {}

/// List backtests
///
/// Newest first.
#[utoipa::path(get, path = "/api/v1/backtests", tag = "backtests", params(PageParams, ListFilters),
    responses(
        (status = 200, description = "A page.",
            headers(("link" = String, description = "`rel=\"next\"`: the next page (RFC 8288).")),
            body = BacktestPage, example = json!(examples::backtests())),
    ),
)]
pub(super) fn list_backtests() {}

/// Look at a backtest
#[utoipa::path(get, path = "/api/v1/backtests/{id}", tag = "backtests",
    params(BacktestPath, WaitParams),
    responses((status = 200, description = "The run.", body = Backtest, example = json!(examples::backtest()))),
)]
pub(super) fn get_backtest() {}

/// Remove a finished backtest and its results
#[utoipa::path(delete, path = "/api/v1/backtests/{id}", tag = "backtests", params(BacktestPath),
    responses((status = 204, description = "It is gone.")),
)]
pub(super) fn delete_backtest() {}

/// Cancel a backtest
///
/// Again and again if you like: a run that has ended stays as it is.
#[utoipa::path(post, path = "/api/v1/backtests/{id}/cancel", tag = "backtests", params(BacktestPath),
    responses(
        (status = 202, description = "It ends.", body = Backtest, example = json!(examples::backtest_queued())),
        (status = 200, description = "It has ended.", body = Backtest, example = json!(examples::backtest())),
    ),
)]
pub(super) fn cancel_backtest() {}
