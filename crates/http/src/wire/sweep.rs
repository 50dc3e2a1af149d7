//! The sweep resource, and the rows of sweeps.

use serde_json::{Map, Value, json};
use tapedeck_domain::job::{Backtest, JobState};
use tapedeck_domain::metrics::Figure;
use tapedeck_domain::sweep::{RowOutcome, SweepPlan, SweepRow, SweepSummary};
use tapedeck_domain::time::Timestamp;

use super::metrics::{flat, number};
use super::resource::{backtest, headline};

/// A sweep as clients see it: a backtest's resource with the search in place of the result.
pub fn sweep(job: &Backtest, summary: Option<&SweepSummary>, now: Timestamp) -> Value {
    let mut resource = backtest(job, now);
    let Some(plan) = &job.submission.sweep else { return resource };
    let done = done(job, summary);
    let running = resource["duration_ms"].as_u64();
    let fixed = job.submission.spec.params.only(|name| !plan.parameters.contains_key(name));
    let parameters: Map<String, Value> = plan
        .parameters
        .iter()
        .map(|(name, values)| (name.clone(), json!({"values": values})))
        .collect();
    let members = json!({
        "params": fixed,
        "parameters": parameters,
        "constraints": plan.constraints,
        "search": plan.search,
        "objective": plan.objective,
        "filters": plan.filters,
        "combinations_total": plan.combinations,
        "combinations_done": done,
        "combinations_excluded": plan.excluded,
        "progress": progress(job, plan, done, running),
        "trials": summary.map(|summary| summary.trials),
        "best": summary.and_then(|summary| summary.best.as_ref()).map(|best| json!({
            "combination": best.combination,
            "params": best.params,
            "metrics": headline(&best.metrics),
        })),
        "deflated_sharpe": summary.and_then(|summary| summary.deflated_sharpe.value()),
        "undefined": undefined(summary),
        "links": links(job, plan),
    });
    if let (Value::Object(resource), Value::Object(members)) = (&mut resource, members) {
        resource.remove("metrics");
        resource.remove("rerun_of");
        resource.extend(members);
        if summary.is_some() && !matches!(job.state, JobState::Succeeded { .. }) {
            resource.insert("partial".to_owned(), json!(true));
        }
    }
    resource
}

fn done(job: &Backtest, summary: Option<&SweepSummary>) -> u64 {
    match (&job.state, summary) {
        (_, Some(summary)) => summary.trials,
        (JobState::Running { progress, .. } | JobState::Cancelling { progress, .. }, None) => {
            progress.bars_done
        }
        (
            JobState::Queued { .. }
            | JobState::Succeeded { .. }
            | JobState::Failed { .. }
            | JobState::Cancelled { .. }
            | JobState::TimedOut { .. },
            None,
        ) => 0,
    }
}

fn progress(job: &Backtest, plan: &SweepPlan, done: u64, running_ms: Option<u64>) -> Value {
    let total = plan.combinations;
    let share = done as f64 / total.max(1) as f64;
    let active = job.state.lease().is_some() && done > 0;
    let eta = running_ms
        .filter(|_| active)
        .map(|elapsed| (elapsed as f64 * (1.0 / share - 1.0)).round() as u64);
    json!({
        "combinations_done": done,
        "combinations_total": total,
        "percent": (share * 10_000.0).round() / 100.0,
        "eta_ms": eta,
    })
}

/// Why there is no deflated Sharpe ratio, once it is known that there is none.
fn undefined(summary: Option<&SweepSummary>) -> Value {
    match summary.map(|summary| summary.deflated_sharpe) {
        Some(Figure::Undefined(reason)) => json!({"deflated_sharpe": reason.as_str()}),
        Some(Figure::Value(_)) | None => json!({}),
    }
}

fn links(job: &Backtest, plan: &SweepPlan) -> Value {
    let at = format!("/api/v1/sweeps/{}", job.id);
    let mut links = Map::new();
    links.insert("self".to_owned(), json!(at));
    if !job.state.status().is_terminal() {
        links.insert("cancel".to_owned(), json!(format!("{at}/cancel")));
    }
    links.insert("events".to_owned(), json!(format!("{at}/events")));
    if job.state.report().is_some() {
        links.insert("results".to_owned(), json!(format!("{at}/results")));
        let mut names = plan.parameters.keys();
        if let (Some(x), Some(y)) = (names.next(), names.next()) {
            let heatmap = format!("{at}/heatmap?x={x}&y={y}&metric={}", plan.objective);
            links.insert("heatmap".to_owned(), json!(heatmap));
        }
    }
    Value::Object(links)
}

/// A row: its parameters, and its statistics or why there are none.
pub(crate) fn sweep_row(row: &SweepRow) -> Value {
    let (metrics, failure) = match &row.outcome {
        RowOutcome::Figures(figures) => (Value::Object(flat(figures.entries())), Value::Null),
        RowOutcome::Failed(why) => (Value::Null, json!(why)),
    };
    json!({
        "combination": row.combination,
        "params": row.params,
        "metrics": metrics,
        "failure": failure,
    })
}

/// The rows as JSON, one a line.
pub(crate) fn sweep_lines(_: &SweepPlan, rows: &[&SweepRow]) -> String {
    rows.iter().map(|row| format!("{}\n", sweep_row(row))).collect()
}

/// The rows as CSV (RFC 4180), with a header: a column a parameter and one a statistic. Names and
/// values are words and numbers: none needs quotes.
pub(crate) fn sweep_csv(plan: &SweepPlan, rows: &[&SweepRow]) -> String {
    let names = plan.parameters.keys().map(|name| format!("params.{name}"));
    let header = std::iter::once("combination".to_owned())
        .chain(names)
        .chain(tapedeck_domain::sweep::known_metrics().map(str::to_owned));
    let cells = |row: &&SweepRow| -> Vec<String> {
        let params = plan.parameters.keys().map(|name| cell(&json!(row.params.get(name))));
        let mut cells = vec![row.combination.to_string()];
        cells.extend(params);
        let entries = row.figures().into_iter().flat_map(|figures| figures.entries());
        cells.extend(entries.map(|(definition, figure)| cell(&number(figure, definition.unit))));
        cells
    };
    let header = header.collect::<Vec<_>>();
    let width = header.len();
    let lines = rows.iter().map(|row| {
        let mut cells = cells(row);
        cells.resize(width, String::new());
        cells
    });
    std::iter::once(header).chain(lines).map(|cells| cells.join(",") + "\r\n").collect()
}

fn cell(value: &Value) -> String {
    if value.is_null() { String::new() } else { value.to_string() }
}
