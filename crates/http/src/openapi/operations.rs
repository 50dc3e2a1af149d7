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
    ("verify_audit", &[Code::ValidationError, Code::Unavailable]),
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
pub(super) struct Pause {
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
pub(super) struct PauseRequest {
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
    /// SHA-256 over the entry and the hash of the entry that was sealed before it; null for the
    /// moment until it is sealed.
    #[schema(required)]
    hash: Option<String>,
}

/// Whether the audit trail is what was written down.
#[derive(ToSchema)]
struct AuditVerification {
    /// Whether nothing is wrong.
    intact: bool,
    /// Entries that were found sound, from the first on.
    entries: u64,
    head: AuditHead,
    /// What is wrong first, if anything is.
    first_fault: Option<AuditFault>,
    unsealed: UnsealedEntries,
    /// What is no fault, but should not be.
    warning: Option<String>,
}

/// The last entry that was found sound.
#[derive(ToSchema)]
struct AuditHead {
    /// Its place in the chain, from 1; 0 when there is none.
    position: u64,
    seq: u64,
    /// SHA-256, which stands for the entry and all before it.
    hash: String,
    /// When it was sealed.
    #[schema(format = DateTime)]
    at: String,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
enum AuditFaultKind {
    EntryEdited,
    ChainRowEdited,
    EntryDeleted,
    ChainRowDeleted,
    EntryInserted,
    Reordered,
    TailCut,
    HeadSwapped,
    HeadLogDamaged,
    HeadLogMissing,
}

/// What is wrong.
#[derive(ToSchema)]
struct AuditFault {
    #[schema(inline)]
    kind: AuditFaultKind,
    /// For people.
    detail: String,
    /// Where in the chain.
    position: Option<u64>,
    /// The entry.
    seq: Option<u64>,
}

/// Entries that are not in the chain yet.
#[derive(ToSchema)]
struct UnsealedEntries {
    entries: u64,
    /// Of the oldest.
    oldest_age_ms: Option<u64>,
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
    /// Entries that this request made.
    #[param(required = false, pattern = "^[!-~]{1,128}$")]
    request_id: String,
    /// Entries of this moment or later.
    #[param(required = false, format = DateTime, example = "2026-11-01T00:00:00Z")]
    since: String,
    /// Entries before this moment.
    #[param(required = false, format = DateTime, example = "2026-12-01T00:00:00Z")]
    until: String,
    /// Goes before the `Accept` header. All but JSON have every entry that matches, whatever the
    /// page.
    #[param(required = false, inline)]
    format: TextFormat,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
enum TextFormat {
    Json,
    Csv,
    Ndjson,
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
/// Cancellations, removals and pauses, newest first. Each is sealed with a hash a moment after it was
/// added.
#[utoipa::path(get, path = "/api/v1/audit", tag = "operations", params(PageParams, AuditFilters),
    responses((status = 200, description = "A page of JSON, or all of it in another format.",
        headers(("link" = String, description = "`rel=\"next\"`: the next page (RFC 8288).")),
        content((AuditPage = "application/json", example = json!(examples::audit())), (String = "text/csv"), (String = "application/x-ndjson")))),
)]
pub(super) fn list_audit() {}

/// Whether anybody changed the audit trail
///
/// Computes the chain over all entries anew and compares it with the heads that are kept outside
/// of the database. A long trail takes a while.
#[utoipa::path(get, path = "/api/v1/audit/verify", tag = "operations",
    responses((status = 200, description = "What was found.", body = AuditVerification, example = json!(examples::audit_verification()))),
)]
pub(super) fn verify_audit() {}
