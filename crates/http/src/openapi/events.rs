//! The event logs of backtests and sweeps.

use utoipa::{IntoParams, ToSchema};

use super::backtest::{Failure, Headline};
use super::complete::Refusals;
use super::examples;
use super::paging::{BacktestPath, PageParams, ServerSentEvent};
use super::sweeps::SweepPath;
use crate::problem::Code;

pub(super) const PROBLEMS: &[Refusals] = &[
    (
        "list_backtest_events",
        &[Code::ValidationError, Code::OutOfRange, Code::BacktestNotFound, Code::Unavailable],
    ),
    (
        "list_sweep_events",
        &[Code::ValidationError, Code::OutOfRange, Code::NotFound, Code::Unavailable],
    ),
];

/// A page of a log.
#[derive(ToSchema)]
struct EventPage {
    items: Vec<Event>,
    /// `null` when there are no more just now: ask again with `last_event_id` and `wait`.
    #[schema(required)]
    next_cursor: Option<String>,
}

/// An entry of a log; `event` says which other members there are.
#[derive(ToSchema)]
struct Event {
    /// Counts from 1 without gaps.
    seq: u64,
    #[schema(format = DateTime)]
    time: String,
    event: EventKind,
    /// Of `queued`: why it waits again; missing the first time.
    #[schema(required = false, inline)]
    reason: RequeueReason,
    /// Of `queued`: it is not started again before.
    #[schema(required = false, format = DateTime)]
    retry_at: String,
    /// Of `started`: which start it is, from 1.
    #[schema(required = false)]
    attempt: u32,
    /// Of `progress`.
    #[schema(required = false)]
    bars_done: u64,
    /// Of `progress`.
    #[schema(required = false)]
    bars_total: u64,
    /// Of `progress`, of a sweep.
    #[schema(required = false)]
    combinations_done: u64,
    /// Of `progress`, of a sweep.
    #[schema(required = false)]
    combinations_total: u64,
    /// Of `progress`.
    #[schema(required = false, minimum = 0, maximum = 100)]
    percent: f64,
    /// Of `progress`: simulated time.
    #[schema(format = DateTime)]
    sim_time: Option<String>,
    /// Of `log`.
    #[schema(required = false, inline)]
    level: EventLevel,
    /// Of `log`: a sentence.
    #[schema(required = false)]
    message: String,
    /// Of `cancelling`: who asked; `null` in logs of older versions.
    by: Option<String>,
    /// Of `cancelling`: the request that asked; `null` in logs of older versions.
    request_id: Option<String>,
    /// Of `succeeded`; `null` of sweeps.
    metrics: Option<Headline>,
    /// Of `failed` and `timed_out`.
    #[schema(required = false)]
    failure: Failure,
}

/// What happened. After `succeeded`, `failed`, `cancelled` and `timed_out` nothing does.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
enum EventKind {
    Queued,
    Started,
    Progress,
    Log,
    Cancelling,
    Succeeded,
    Failed,
    Cancelled,
    TimedOut,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
enum RequeueReason {
    WorkerLost,
    HandedBack,
    Snoozed,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
enum EventLevel {
    Info,
    Warn,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
enum EventFormat {
    Sse,
    Json,
}

/// Where to go on.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub(super) struct ResumeHeader {
    /// The `id` of the last event that was received; browsers send it when they connect again.
    /// Empty where none was.
    #[param(
        required = false,
        rename = "Last-Event-ID",
        pattern = "^[0-9]*$",
        max_length = 19,
        example = "3"
    )]
    last_event_id: String,
}

/// Where to go on.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ResumeParam {
    /// The same for clients that cannot set headers; the header goes before.
    #[param(required = false)]
    last_event_id: u64,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
struct EventParams {
    /// `sse` when nothing is said; goes before the `Accept` header.
    #[param(required = false, inline)]
    format: EventFormat,
    /// Of JSON: answer as soon as there is an entry or the job has ended, or after so many
    /// seconds.
    #[param(required = false, maximum = 60, default = 0)]
    wait: u64,
}

/// The event log of a backtest
///
/// As server-sent events: the entries after `Last-Event-ID`, or all, and then each as it is
/// written, whichever process writes it. Each has its `seq` as `id`, its kind as `event`, and
/// itself as `data`. After the last entry comes `event: end` with `{"last_event_id": N}`, and the
/// stream closes: a browser must close its `EventSource` then, or it connects again. A server that
/// stops says `event: closing` with `{"reason": "shutdown", "last_event_id": N}`: who connects
/// again, to whichever process, gets exactly what was missed. A comment comes after 15 s of
/// silence. An id beyond the end of the log was never given out and is refused.
///
/// With `Accept: application/json` or `?format=json`, a page; `limit` and `cursor` are of pages
/// alone.
#[utoipa::path(get, path = "/api/v1/backtests/{id}/events", tag = "backtests",
    params(BacktestPath, EventParams, PageParams, ResumeParam, ResumeHeader),
    responses((status = 200, description = "The log, or a page of it.", content(
        (ServerSentEvent = "text/event-stream"),
        (EventPage = "application/json", example = json!(examples::events())),
    ), headers(("link" = String, description = "`rel=\"next\"`: the next page (RFC 8288).")))),
)]
pub(super) fn list_backtest_events() {}

/// The event log of a sweep
///
/// As that of a backtest; progress counts combinations.
#[utoipa::path(get, path = "/api/v1/sweeps/{id}/events", tag = "sweeps",
    params(SweepPath, EventParams, PageParams, ResumeParam, ResumeHeader),
    responses((status = 200, description = "The log, or a page of it.", content(
        (ServerSentEvent = "text/event-stream"), (EventPage = "application/json"),
    ), headers(("link" = String, description = "`rel=\"next\"`: the next page (RFC 8288).")))),
)]
pub(super) fn list_sweep_events() {}
