use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::{Value, json};
use tapedeck_application::FinishedSweep;
use tapedeck_domain::sweep::{Filter, Goal, SortKey, SweepPlan, SweepRow, goal, is_metric, sorted};

use crate::extract::{query, sweep_id};
use crate::format::Format;
use crate::paging::{self, Paging};
use crate::problem::Problem;
use crate::services::Services;
use crate::wire;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    sort: Option<String>,
    limit: Option<String>,
    cursor: Option<String>,
    filtered: Option<bool>,
    format: Option<String>,
}

/// Rows of a page when nothing is said, and at most.
const DEFAULT_ROWS: usize = 1_000;
const MAX_ROWS: usize = 10_000;

/// `GET /sweeps/{id}/results`: the rows, best first unless another order is asked for; those that
/// fail a filter of the request only with `?filtered=false`.
pub(crate) async fn results(
    req: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let query: Query = query(&req)?;
    let format = Format::negotiate(&req, query.format.as_deref())?;
    let start = Paging::parse(None, query.cursor.as_deref())?.after::<usize>()?.unwrap_or(0);
    let limit = query.limit.as_deref().map(|text| paging::limit_within(text, MAX_ROWS));
    let limit = limit.transpose()?.unwrap_or(DEFAULT_ROWS);
    let (id, results) = (sweep_id(&req)?, services.sweeps.results.clone());
    let sweep = services.read(async move { results.open(id).await }).await?;
    let (key, goal) = order(query.sort.as_deref(), &sweep.plan)?;
    let filtered = query.filtered.unwrap_or(true);
    let whole = match format {
        Format::Json => None,
        Format::Csv => Some(wire::sweep_csv as fn(&SweepPlan, &[&SweepRow]) -> String),
        Format::Ndjson => Some(wire::sweep_lines as fn(&SweepPlan, &[&SweepRow]) -> String),
        Format::Parquet => {
            let detail = "the rows of a sweep come as json, csv or ndjson";
            return Err(Problem::invalid("query:format", "range", detail));
        }
    };
    if let Some(write) = whole {
        let text = services.blocking(move || {
            write(&sweep.plan, &listed(&sweep, filtered, &key, goal)).into_bytes()
        });
        return Ok(format.respond(text.await?));
    }
    let page = services.blocking(move || page(&sweep, filtered, (&key, goal), start, limit));
    let (body, next) = page.await?;
    Ok(paging::respond(&req, next.as_deref(), body))
}

fn page(
    sweep: &FinishedSweep,
    filtered: bool,
    (key, goal): (&SortKey, Goal),
    start: usize,
    limit: usize,
) -> (Value, Option<String>) {
    let rows = listed(sweep, filtered, key, goal);
    let start = start.min(rows.len());
    let end = rows.len().min(start + limit);
    let next = (end < rows.len()).then(|| paging::cursor(&end.to_string()));
    let items: Vec<Value> = rows[start..end].iter().map(|row| wire::sweep_row(row)).collect();
    let mut body = json!({
        "items": items, "next_cursor": next, "total": rows.len(),
        "trials": sweep.report.rows.len(),
    });
    if sweep.is_partial() {
        body["partial"] = json!(true);
    }
    (body, next)
}

/// The rows that pass the filters of the request, in the order of its objective.
pub(crate) fn best_first(sweep: &FinishedSweep) -> Vec<&SweepRow> {
    let objective = &sweep.plan.objective;
    listed(sweep, true, &SortKey::Metric(objective.clone()), goal(objective))
}

/// The rows that are listed, in their order.
fn listed<'a>(
    sweep: &'a FinishedSweep,
    filtered: bool,
    key: &SortKey,
    goal: Goal,
) -> Vec<&'a SweepRow> {
    sorted(sweep.report.passing(filters(sweep, filtered)), key, goal)
}

/// The filters of the request, unless they are not to be applied.
pub(super) fn filters(sweep: &FinishedSweep, filtered: bool) -> &[Filter] {
    if filtered { &sweep.plan.filters } else { &[] }
}

/// `sharpe` and `params.fast` ascend, `-sharpe` and `-params.fast` descend.
fn order(sort: Option<&str>, plan: &SweepPlan) -> Result<(SortKey, Goal), Problem> {
    let Some(sort) = sort else {
        return Ok((SortKey::Metric(plan.objective.clone()), goal(&plan.objective)));
    };
    let (goal, key) = match sort.strip_prefix('-') {
        Some(key) => (Goal::Highest, key),
        None => (Goal::Lowest, sort),
    };
    let key = match key.strip_prefix("params.") {
        Some(name) if plan.parameters.contains_key(name) => SortKey::Param(name.to_owned()),
        None if is_metric(key) => SortKey::Metric(key.to_owned()),
        Some(_) | None => {
            let names: Vec<String> =
                plan.parameters.keys().map(|name| format!("params.{name}")).collect();
            let detail = format!(
                "must be the key of a statistic, such as -sharpe, or one of {}",
                names.join(", ")
            );
            return Err(Problem::invalid("query:sort", "range", detail));
        }
    };
    Ok((key, goal))
}
