//! What the server does by itself.

use utoipa::ToSchema;

use super::complete::Refusals;
use super::examples;
use super::operations::{Pause, PauseRequest};
use super::paging::PageParams;
use crate::problem::Code;

pub(super) const PROBLEMS: &[Refusals] = &[
    ("list_schedules", &[Code::ValidationError, Code::OutOfRange, Code::Unavailable]),
    ("get_schedule", &[Code::NotFound, Code::Unavailable]),
    (
        "list_schedule_runs",
        &[Code::NotFound, Code::ValidationError, Code::OutOfRange, Code::Unavailable],
    ),
    ("trigger_schedule", &[Code::NotFound, Code::Conflict, Code::Unavailable]),
    (
        "pause_schedule",
        &[
            Code::NotFound,
            Code::ValidationError,
            Code::MalformedRequest,
            Code::PayloadTooLarge,
            Code::UnsupportedMediaType,
            Code::Unavailable,
        ],
    ),
    ("resume_schedule", &[Code::NotFound, Code::Unavailable]),
    ("acknowledge_schedule", &[Code::NotFound, Code::Unavailable]),
];

/// Something that the server does by itself.
#[derive(ToSchema)]
struct Schedule {
    name: ScheduleName,
    description: String,
    status: ScheduleStatus,
    /// Its cron expression, with seconds if there are six fields; `null` where the configuration
    /// says `off`.
    #[schema(required, example = "0 * * * *")]
    cron: Option<String>,
    /// The time zone of the expression.
    #[schema(example = "UTC")]
    timezone: String,
    overlap: OverlapPolicy,
    missed: MissedPolicy,
    paused: bool,
    #[schema(required)]
    pause: Option<Pause>,
    /// Its next tick; `null` while it has none.
    #[schema(required, format = DateTime)]
    next_at: Option<String>,
    /// Whether a run goes on.
    running: bool,
    /// The first run that raised an alarm which nobody has acknowledged.
    #[schema(required)]
    alarm: Option<ScheduleRun>,
    /// The latest run, or tick without a run.
    #[schema(required)]
    last_run: Option<ScheduleRun>,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
enum ScheduleName {
    AuditExport,
    DatabaseMaintenance,
    MarketDataRefresh,
    ReapLostJobs,
    Retention,
    VerifySample,
}

/// Whether it has ticks: `off` is said by the configuration, `not_configured` means that there is
/// nothing that it could work on.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
enum ScheduleStatus {
    Active,
    Paused,
    Off,
    NotConfigured,
}

/// What becomes of a tick while a run goes on: it is left out, or one of them has its run after
/// that.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
enum OverlapPolicy {
    Skip,
    QueueOne,
}

/// What becomes of ticks that came while no server was there: they are left out, or one run stands
/// for all of them.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
enum MissedPolicy {
    Skip,
    RunOnce,
}

/// A run of a schedule, or a tick for which there was none.
#[derive(ToSchema)]
struct ScheduleRun {
    #[schema(format = Uuid)]
    id: String,
    schedule: ScheduleName,
    status: ScheduleRunStatus,
    cause: RunCause,
    /// The moment of the timetable; `null` where somebody asked for the run.
    #[schema(required, format = DateTime)]
    tick: Option<String>,
    /// Who asked for it.
    #[schema(required)]
    requested_by: Option<String>,
    /// The request that asked for it.
    #[schema(required)]
    request_id: Option<String>,
    /// The process that runs it, or did.
    #[schema(required, format = Uuid)]
    worker_id: Option<String>,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(required, format = DateTime)]
    started_at: Option<String>,
    #[schema(required, format = DateTime)]
    finished_at: Option<String>,
    #[schema(required)]
    duration_ms: Option<u64>,
    /// What it did, or why not.
    #[schema(required)]
    detail: Option<String>,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
enum RunCause {
    Tick,
    Request,
}

/// `interrupted`: its process stopped or died. `alarm`: it found what somebody must look at.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
enum ScheduleRunStatus {
    Queued,
    Running,
    Succeeded,
    Failed,
    Alarm,
    Interrupted,
    SkippedOverlap,
    SkippedMissed,
}

#[derive(ToSchema)]
struct SchedulePage {
    items: Vec<Schedule>,
    #[schema(required)]
    next_cursor: Option<String>,
}

#[derive(ToSchema)]
struct ScheduleRunPage {
    items: Vec<ScheduleRun>,
    #[schema(required)]
    next_cursor: Option<String>,
}

/// What the server does by itself
#[utoipa::path(get, path = "/api/v1/schedules", tag = "schedules", params(PageParams),
    responses((status = 200, description = "A page, by name.",
        headers(("link" = String, description = "`rel=\"next\"`: the next page (RFC 8288).")),
        body = SchedulePage, example = json!(examples::schedules()))),
)]
pub(super) fn list_schedules() {}

/// One schedule
#[utoipa::path(get, path = "/api/v1/schedules/{name}", tag = "schedules",
    params(("name" = ScheduleName, Path, example = "retention")),
    responses((status = 200, description = "The schedule.", body = Schedule, example = json!(examples::schedule()))),
)]
pub(super) fn get_schedule() {}

/// What it has done
///
/// Its latest 1,000 runs, newest first, with the ticks that had none and why.
#[utoipa::path(get, path = "/api/v1/schedules/{name}/runs", tag = "schedules",
    params(("name" = ScheduleName, Path, example = "retention"), PageParams),
    responses((status = 200, description = "A page.",
        headers(("link" = String, description = "`rel=\"next\"`: the next page (RFC 8288).")),
        body = ScheduleRunPage, example = json!(examples::schedule_runs()))),
)]
pub(super) fn list_schedule_runs() {}

/// Have it done now
///
/// Some worker begins the run soon, when no other run of the schedule goes on; a paused schedule
/// can be triggered, too. While one that was asked for waits, it is the answer to further requests.
#[utoipa::path(post, path = "/api/v1/schedules/{name}/trigger", tag = "schedules",
    params(("name" = ScheduleName, Path, example = "retention")),
    responses((status = 202, description = "The run, queued.", body = ScheduleRun, example = json!(examples::schedule_run_queued()))),
)]
pub(super) fn trigger_schedule() {}

/// Leave its ticks out
///
/// In every process, until it is resumed; a run that goes on is not touched. A paused schedule
/// stays as it is, with whoever paused it first.
#[utoipa::path(post, path = "/api/v1/schedules/{name}/pause", tag = "schedules",
    params(("name" = ScheduleName, Path, example = "retention")),
    request_body(content = Option<PauseRequest>, examples(
        ("reason" = (summary = "With a reason", value = json!({"reason": "upgrade of the data"}))),
    )),
    responses((status = 200, description = "The schedule.", body = Schedule, example = json!(examples::schedule_paused()))),
)]
pub(super) fn pause_schedule() {}

/// Let its ticks count again
///
/// From now on: those of the pause are not made up for.
#[utoipa::path(post, path = "/api/v1/schedules/{name}/resume", tag = "schedules",
    params(("name" = ScheduleName, Path, example = "retention")),
    responses((status = 200, description = "The schedule.", body = Schedule, example = json!(examples::schedule()))),
)]
pub(super) fn resume_schedule() {}

/// Take its alarm back
///
/// After somebody has looked at what it found. Readiness names the alarm until then.
#[utoipa::path(post, path = "/api/v1/schedules/{name}/acknowledge", tag = "schedules",
    params(("name" = ScheduleName, Path, example = "verify_sample")),
    responses((status = 200, description = "The schedule.", body = Schedule, example = json!(examples::schedule()))),
)]
pub(super) fn acknowledge_schedule() {}
