//! What a run left behind, looked into: its log, its state at a bar, its tear sheet.

use std::collections::BTreeMap;

use utoipa::{IntoParams, ToSchema};

use super::complete::Refusals;
use super::examples;
use super::paging::{BacktestPath, TableParams};
use super::rows::{Fill, LogLevel, LogLine, OpenTrade, Order};
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
    #[param(
        required = false,
        pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9:.]+Z)?$",
        example = "2010-12-31"
    )]
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

/// What each statistic means
#[utoipa::path(get, path = "/api/v1/metric-definitions", tag = "results",
    responses((status = 200, description = "All of them.", body = MetricDefinitions, example = json!(examples::metric_definitions()))),
)]
pub(super) fn list_metric_definitions() {}
