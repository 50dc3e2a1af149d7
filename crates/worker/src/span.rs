//! The place of a run in the trace of the request that asked for it.

use tapedeck_application::RunEnd;
use tapedeck_domain::job::{Backtest, JobState, Lease};
use tapedeck_domain::port::Ids;
use tapedeck_domain::time::Timestamp;
use tapedeck_domain::trace::TraceContext;
use tracing::Span;
use tracing::field::Empty;

use crate::measure::waiting_since;

/// The span of a run: its lines have the ids of all that it is part of. At the level of errors,
/// so that they have them however little is logged.
pub(crate) fn span_of(job: &Backtest, lease: Lease, ids: &dyn Ids) -> Span {
    let submission = &job.submission;
    let request = submission.trace;
    let own = request.map(|request| request.child(ids.next()));
    tracing::error_span!(
        "run",
        job.id = %job.id,
        job.kind = submission.kind().as_str(),
        lease.id = %lease.id,
        worker.id = %lease.worker,
        request.id = submission.request_id.as_str(),
        strategy.id = %submission.spec.strategy.id,
        dataset.id = %submission.spec.dataset.id,
        trace.id = own.map(|own| own.trace_id()),
        span.id = own.map(|own| own.span_id()),
        parent.id = request.map(|request| request.span_id()),
        trace.sampled = not_sampled(request),
        job.status = Empty,
        bars = Empty,
        peak_rss_bytes = Empty,
        error.type = Empty,
    )
}

fn not_sampled(trace: Option<TraceContext>) -> Option<bool> {
    trace.filter(|trace| !trace.is_sampled()).map(|_| false)
}

/// The span of its wait, which is over.
pub(crate) fn queued(job: &Backtest, ids: &dyn Ids) {
    let Some(request) = job.submission.trace else { return };
    let own = request.child(ids.next());
    let span = tracing::error_span!(
        "queue",
        job.id = %job.id,
        priority = job.submission.priority.as_str(),
        trace.id = own.trace_id(),
        span.id = own.span_id(),
        parent.id = request.span_id(),
        trace.sampled = not_sampled(Some(request)),
        start_ns = waiting_since(job).as_nanos(),
    );
    drop(span);
}

pub(crate) fn claimed(job: &Backtest, now: Timestamp) {
    let queue_wait_ms = now.millis_since(waiting_since(job));
    tracing::info!(job.attempt = job.attempt, queue_wait_ms, "job claimed");
}

/// Completes the span, which ends after this.
pub(crate) fn describe(span: &Span, end: &RunEnd) {
    match end {
        RunEnd::Committed { job, bars_done, peak_rss_bytes } => {
            span.record("job.status", job.state.status().as_str());
            span.record("bars", *bars_done);
            if let Some(bytes) = peak_rss_bytes {
                span.record("peak_rss_bytes", *bytes);
            }
            if let JobState::Failed { failure, .. } | JobState::TimedOut { failure, .. } =
                &job.state
            {
                span.record("error.type", failure.reason.as_str());
            }
        }
        RunEnd::OfAnother => {
            span.record("error.type", "lease_lost");
        }
        RunEnd::NotKept => {
            span.record("error.type", "not_kept");
        }
    }
}
