//! Entries of event logs.

use serde_json::{Map, Value, json};
use tapedeck_domain::job::{Backtest, JobKind, LogBody, LoggedEvent, Progress};

use super::resource::{failure, headline};

/// An entry as clients see it: its kind, and the entry with it.
pub(crate) fn event(job: &Backtest, entry: &LoggedEvent) -> (&'static str, Value) {
    let (kind, payload) = body(job, &entry.body);
    let mut members = Map::from_iter([
        ("seq".to_owned(), json!(entry.seq)),
        ("time".to_owned(), json!(entry.at.to_string())),
        ("event".to_owned(), json!(kind)),
    ]);
    if let Value::Object(payload) = payload {
        members.extend(payload);
    }
    (kind, Value::Object(members))
}

fn body(job: &Backtest, body: &LogBody) -> (&'static str, Value) {
    match body {
        LogBody::Queued { reason, retry_at } => {
            let mut payload = Map::new();
            if let Some(reason) = reason {
                payload.insert("reason".to_owned(), json!(reason));
            }
            if let Some(at) = retry_at {
                payload.insert("retry_at".to_owned(), json!(at.to_string()));
            }
            ("queued", Value::Object(payload))
        }
        LogBody::Started { attempt } => ("started", json!({"attempt": attempt})),
        LogBody::Progress(progress) => ("progress", self::progress(job, progress)),
        LogBody::Log { level, message } => ("log", json!({"level": level, "message": message})),
        LogBody::Cancelling { by, request_id } => {
            ("cancelling", json!({"by": by, "request_id": request_id}))
        }
        LogBody::Succeeded { metrics } => {
            ("succeeded", json!({"metrics": metrics.as_ref().map(headline)}))
        }
        LogBody::Failed { failure: why } => {
            ("failed", json!({"failure": failure(why, &job.submission.limits)}))
        }
        LogBody::Cancelled => ("cancelled", json!({})),
        LogBody::TimedOut { failure: why } => {
            ("timed_out", json!({"failure": failure(why, &job.submission.limits)}))
        }
    }
}

fn progress(job: &Backtest, at: &Progress) -> Value {
    let share = at.bars_done as f64 / at.bars_total.max(1) as f64;
    let percent = (share * 10_000.0).round() / 100.0;
    match job.submission.kind() {
        JobKind::Backtest => json!({
            "bars_done": at.bars_done,
            "bars_total": at.bars_total,
            "percent": percent,
            "sim_time": at.sim_time.map(|time| time.to_string()),
        }),
        JobKind::Sweep => json!({
            "combinations_done": at.bars_done,
            "combinations_total": at.bars_total,
            "percent": percent,
        }),
    }
}
