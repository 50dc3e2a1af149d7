//! The queue as a whole, and the audit trail.

use utoipa::{IntoParams, ToSchema};

use super::complete::Refusals;
use super::examples;
use super::paging::PageParams;
use crate::problem::Code;

pub(super) const PROBLEMS: &[Refusals] = &[
    ("get_queue", &[Code::Unavailable]),
    (
        "pause_queue",
        &[
            Code::ValidationError,
            Code::MalformedRequest,
            Code::PayloadTooLarge,
            Code::UnsupportedMediaType,
            Code::Unavailable,
        ],
    ),
    ("resume_queue", &[Code::Unavailable]),
    ("list_audit", &[Code::ValidationError, Code::OutOfRange, Code::Unavailable]),
];

/// The queue.
#[derive(ToSchema)]
struct Queue {
    /// Whether workers leave it alone.
    paused: bool,
    #[schema(required)]
    pause: Option<Pause>,
    /// Jobs that wait, those for later included.
    queued: u64,
    /// Jobs that wait for a moment that has not come.
    scheduled: u64,
    /// Jobs that are worked on.
    running: u64,
    /// Queued jobs beyond which none is taken.
    limit: u64,
    /// When the job that waits longest and is due was submitted.
    #[schema(required, format = DateTime)]
    oldest_queued_at: Option<String>,
    #[schema(required)]
    oldest_wait_ms: Option<u64>,
}

/// Since when, and by whom, the queue is paused.
#[derive(ToSchema)]
struct Pause {
    #[schema(format = DateTime)]
    at: String,
    by: String,
    #[schema(required)]
    request_id: Option<String>,
    #[schema(required)]
    reason: Option<String>,
}

/// Why the queue is to be paused.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
struct PauseRequest {
    #[schema(max_length = 500, example = "upgrade of the data")]
    reason: Option<String>,
}

#[derive(ToSchema)]
struct AuditPage {
    items: Vec<AuditEntry>,
    #[schema(required)]
    next_cursor: Option<String>,
}

/// A decision, and who made it.
#[derive(ToSchema)]
struct AuditEntry {
    /// Grows; may have gaps.
    seq: u64,
    /// `anonymous`, `key:NAME`, `cli` or `system:PART`.
    actor: String,
    /// `thing.verb`.
    action: String,
    /// Of what.
    subject: String,
    /// The request that asked for it, if one did.
    #[schema(required)]
    request_id: Option<String>,
    #[schema(format = DateTime)]
    time: String,
    /// What was, as far as it changed.
    #[schema(required, value_type = Option<Object>)]
    before: Option<()>,
    /// What is.
    #[schema(required, value_type = Option<Object>)]
    after: Option<()>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
struct AuditFilters {
    #[param(required = false, pattern = "^[!-~]{1,128}$", example = "anonymous")]
    actor: String,
    #[param(required = false, example = "backtest.cancel")]
    action: String,
    #[param(required = false, example = "queue")]
    subject: String,
}

/// How the queue stands
#[utoipa::path(get, path = "/api/v1/queue", tag = "operations",
    responses((status = 200, description = "The queue.", body = Queue, example = json!(examples::queue()))),
)]
pub(super) fn get_queue() {}

/// Pause the queue
///
/// No worker of any process starts a job until it is resumed; those that run go on, and jobs are
/// still taken in. A paused queue stays as it is, with whoever paused it first.
#[utoipa::path(post, path = "/api/v1/queue/pause", tag = "operations",
    request_body(content = Option<PauseRequest>, examples(
        ("reason" = (summary = "With a reason", value = json!({"reason": "upgrade of the data"}))),
    )),
    responses((status = 200, description = "The queue.", body = Queue, example = json!(examples::queue_paused()))),
)]
pub(super) fn pause_queue() {}

/// Let the queue go on
///
/// One that is not paused stays as it is.
#[utoipa::path(post, path = "/api/v1/queue/resume", tag = "operations",
    responses((status = 200, description = "The queue.", body = Queue, example = json!(examples::queue()))),
)]
pub(super) fn resume_queue() {}

/// The audit trail
///
/// Cancellations, removals and pauses, newest first.
#[utoipa::path(get, path = "/api/v1/audit", tag = "operations", params(PageParams, AuditFilters),
    responses((status = 200, description = "A page.",
        headers(("link" = String, description = "`rel=\"next\"`: the next page (RFC 8288).")),
        body = AuditPage, example = json!(examples::audit()))),
)]
pub(super) fn list_audit() {}
