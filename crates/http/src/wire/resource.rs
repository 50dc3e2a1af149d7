//! The backtest resource.

use serde_json::{Map, Value, json};
use tapedeck_domain::job::{
    Backtest, Cancellation, Failure, Headline, JobState, LimitKind, Limits, Progress,
};
use tapedeck_domain::metrics::{Figure, Unit};
use tapedeck_domain::spec::{Commission, Costs, Slippage};
use tapedeck_domain::time::Timestamp;

use super::metrics::number;

/// A backtest as clients see it.
pub fn backtest(job: &Backtest, now: Timestamp) -> Value {
    let (submission, spec) = (&job.submission, &job.submission.spec);
    let (started, finished) = (job.state.started_at(), job.state.finished_at());
    let duration = started.map(|start| finished.unwrap_or(now).millis_since(start));
    let wait = started.or(finished).unwrap_or(now).millis_since(job.created_at);
    let mut resource = object(json!({
        "id": job.id.to_string(),
        "status": job.state.status().as_str(),
        "dataset_id": spec.dataset.id,
        "dataset_version": spec.dataset.version,
        "symbol": submission.symbol,
        "interval": submission.interval.to_string(),
        "from": spec.from.to_string(),
        "to": spec.to.to_string(),
        "strategy": {
            "id": spec.strategy.id,
            "version": spec.strategy.version,
            "summary": submission.summary,
        },
        "params": spec.params,
        "seed": spec.seed,
        "capital": spec.capital,
        "direction": spec.direction,
        "sizing": spec.sizing,
        "costs": costs(spec.costs),
        "risk": spec.risk,
        "execution": spec.execution,
        "benchmark": spec.benchmark.as_ref().map(|dataset| json!({"dataset_id": dataset.id, "dataset_version": dataset.version})),
        "checks": spec.checks,
        "limits": limits(&submission.limits),
        "priority": submission.priority,
        "tags": submission.tags,
        "input_hash": submission.input_hash,
        "request_id": submission.request_id,
        "not_before": submission.not_before.map(|at| at.to_string()),
        "rerun_of": submission.rerun_of.map(|id| id.to_string()),
        "attempt": job.attempt,
        "created_at": job.created_at.to_string(),
        "started_at": started.map(|at| at.to_string()),
        "finished_at": finished.map(|at| at.to_string()),
        "queue_wait_ms": wait,
        "duration_ms": duration,
        "progress": progress(job, duration),
        "retry_at": null,
        "cancellation": null,
        "metrics": null,
        "failure": null,
        "links": links(job),
    }));
    if let Some((name, value)) = particular(&job.state, &submission.limits) {
        resource.insert(name.to_owned(), value);
    }
    Value::Object(resource)
}

/// What only this state has.
fn particular(state: &JobState, limits: &Limits) -> Option<(&'static str, Value)> {
    match state {
        JobState::Queued { retry_at } => {
            Some(("retry_at", json!(retry_at.map(|at| at.to_string()))))
        }
        JobState::Running { .. } => None,
        JobState::Cancelling { requested, .. } | JobState::Cancelled { requested, .. } => {
            Some(("cancellation", cancellation(requested)))
        }
        JobState::Succeeded { outcome, .. } => {
            Some(("metrics", json!(outcome.headline.as_ref().map(headline))))
        }
        JobState::Failed { failure: why, .. } | JobState::TimedOut { failure: why, .. } => {
            Some(("failure", failure(why, limits)))
        }
    }
}

fn cancellation(requested: &Cancellation) -> Value {
    let Cancellation { at, request_id, by } = requested;
    json!({"at": at.to_string(), "by": by, "request_id": request_id})
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Map::new()
        }
    }
}

/// In the shorthand where there is one, so that the answer can be sent again as it is.
fn costs(costs: Costs) -> Value {
    let mut wire = Map::new();
    match costs.commission {
        Commission::Bps { value, minimum: None } => {
            wire.insert("commission_bps".to_owned(), json!(value))
        }
        other @ (Commission::Bps { .. }
        | Commission::PerShare { .. }
        | Commission::Fixed { .. }) => wire.insert("commission".to_owned(), json!(other)),
    };
    match costs.slippage {
        Slippage::Bps { value } => wire.insert("slippage_bps".to_owned(), json!(value)),
        other @ (Slippage::Ticks { .. } | Slippage::KSpread { .. }) => {
            wire.insert("slippage".to_owned(), json!(other))
        }
    };
    Value::Object(wire)
}

/// `null` where there was none when the run was asked for.
pub(super) fn limits(limits: &Limits) -> Value {
    let value = |kind| Some(limits.of(kind)).filter(|limit| *limit < u64::MAX);
    LimitKind::ALL.into_iter().map(|kind| (kind.as_str(), value(kind))).collect()
}

fn progress(job: &Backtest, running_ms: Option<u64>) -> Value {
    let total = job.submission.bars;
    let unknown =
        Progress { bars_done: 0, bars_total: total, sim_time: None, peak_rss_bytes: None };
    let (at, active) = match &job.state {
        JobState::Running { progress, .. } | JobState::Cancelling { progress, .. } => {
            (*progress, true)
        }
        JobState::Succeeded { outcome, .. } => (
            Progress {
                bars_done: total,
                sim_time: Some(job.submission.spec.to),
                peak_rss_bytes: outcome.usage.and_then(|usage| usage.peak_rss_bytes),
                ..unknown
            },
            false,
        ),
        JobState::Queued { .. }
        | JobState::Failed { .. }
        | JobState::Cancelled { .. }
        | JobState::TimedOut { .. } => (unknown, false),
    };
    let share = at.bars_done as f64 / total.max(1) as f64;
    let eta = running_ms
        .filter(|_| active && at.bars_done > 0)
        .map(|elapsed| (elapsed as f64 * (1.0 / share - 1.0)).round() as u64);
    json!({
        "bars_done": at.bars_done,
        "bars_total": total,
        "percent": (share * 10_000.0).round() / 100.0,
        "sim_time": at.sim_time.map(|time| time.to_string()),
        "eta_ms": eta,
        "peak_rss_bytes": at.peak_rss_bytes,
    })
}

pub(super) fn headline(headline: &Headline) -> Value {
    let of = |figure: Figure| number(figure, Unit::Ratio);
    json!({
        "end_equity": of(headline.end_equity),
        "total_return": of(headline.total_return),
        "cagr": of(headline.cagr),
        "sharpe": of(headline.sharpe),
        "max_drawdown": of(headline.max_drawdown),
        "trades": number(headline.trades, Unit::Count),
        "win_rate": of(headline.win_rate),
        "profit_factor": of(headline.profit_factor),
    })
}

pub(super) fn failure(failure: &Failure, limits: &Limits) -> Value {
    let limit = failure.limit.map(|kind| json!({"name": kind.as_str(), "value": limits.of(kind)}));
    json!({
        "reason": failure.reason.as_str(),
        "code": failure.reason.as_str(),
        "detail": failure.detail,
        "limit": limit,
        "observed": failure.observed,
    })
}

/// What a run leaves behind, each at its path.
const RESULTS: [&str; 8] =
    ["metrics", "trades", "orders", "fills", "equity", "logs", "report", "manifest"];

fn links(job: &Backtest) -> Value {
    let at = format!("/api/v1/backtests/{}", job.id);
    let mut links = Map::new();
    links.insert("self".to_owned(), json!(at));
    if !job.state.status().is_terminal() {
        links.insert("cancel".to_owned(), json!(format!("{at}/cancel")));
    }
    if job.state.report().is_some() {
        for result in RESULTS {
            links.insert(result.to_owned(), json!(format!("{at}/{result}")));
        }
    }
    links.insert("events".to_owned(), json!(format!("{at}/events")));
    links.insert("ws".to_owned(), json!(format!("{at}/ws")));
    links.insert("stream".to_owned(), json!(format!("{at}/stream")));
    Value::Object(links)
}
