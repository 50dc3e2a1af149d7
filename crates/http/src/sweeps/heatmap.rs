use std::collections::BTreeMap;

use actix_web::web::{self, Data};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;
use tapedeck_domain::strategy::{ParamValue, Params};
use tapedeck_domain::sweep::{Heatmap, HeatmapAxes, SweepPlan, is_metric};

use super::results::filters;
use crate::extract::sweep_id;
use crate::problem::Problem;
use crate::services::Services;

/// `GET /sweeps/{id}/heatmap?x=fast&y=slow&metric=sharpe`: a statistic over two parameters. Over
/// others, the best value is shown, unless they are fixed by `fix.NAME=VALUE`.
pub(crate) async fn heatmap(
    req: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let (id, results) = (sweep_id(&req)?, services.sweeps.results.clone());
    let query = parameters(&req)?;
    let sweep = services.read(async move { results.open(id).await }).await?;
    let filtered = filtered(&query)?;
    let axes = axes(&query, &sweep.plan)?;
    let body = services.blocking(move || {
        let rows = sweep.report.passing(filters(&sweep, filtered));
        let Heatmap { x, y, z } = Heatmap::of(&sweep.plan, rows, &axes);
        let mut body = json!({"x": x, "y": y, "z": z});
        if sweep.is_partial() {
            body["partial"] = json!(true);
        }
        body
    });
    Ok(HttpResponse::Ok().json(body.await?))
}

fn invalid(name: &str, detail: impl Into<String>) -> Problem {
    Problem::invalid(&format!("query:{name}"), "range", detail)
}

/// The query, with nothing unknown in it.
fn parameters(req: &HttpRequest) -> Result<BTreeMap<String, String>, Problem> {
    let query = web::Query::<Vec<(String, String)>>::from_query(req.query_string());
    let query = query.map_err(|_| invalid("", "cannot be read"))?;
    let known =
        |name: &str| matches!(name, "x" | "y" | "metric" | "filtered") || name.starts_with("fix.");
    let mut parameters = BTreeMap::new();
    for (name, value) in query.into_inner() {
        if !known(&name) {
            let detail = "must be one of x, y, metric, filtered, and fix.NAME";
            return Err(Problem::invalid(&format!("query:{name}"), "unknown", detail));
        }
        if parameters.insert(name.clone(), value).is_some() {
            return Err(invalid(&name, "is there twice"));
        }
    }
    Ok(parameters)
}

fn filtered(query: &BTreeMap<String, String>) -> Result<bool, Problem> {
    match query.get("filtered").map(String::as_str) {
        None | Some("true") => Ok(true),
        Some("false") => Ok(false),
        Some(_) => Err(invalid("filtered", "must be true or false")),
    }
}

fn axes(query: &BTreeMap<String, String>, plan: &SweepPlan) -> Result<HeatmapAxes, Problem> {
    let (x, y) = (axis("x", query, plan)?, axis("y", query, plan)?);
    if x == y {
        return Err(invalid("y", "must be another parameter than x"));
    }
    let metric = query.get("metric").unwrap_or(&plan.objective).clone();
    if !is_metric(&metric) {
        return Err(invalid("metric", "must be the key of a statistic"));
    }
    let mut fixed = Vec::new();
    for (key, text) in query {
        let Some(name) = key.strip_prefix("fix.") else { continue };
        let values = plan.parameters.get(name).filter(|_| name != x && name != y);
        let values = values.ok_or_else(|| invalid(key, "must be another swept parameter"))?;
        let number: Option<f64> = text.parse().ok();
        let value = values.iter().find(|value| Some(value.as_f64()) == number);
        let value: &ParamValue = value.ok_or_else(|| invalid(key, "must be one of its values"))?;
        fixed.push((name.to_owned(), *value));
    }
    Ok(HeatmapAxes { x, y, metric, fixed: fixed.into_iter().collect::<Params>() })
}

fn axis(name: &str, query: &BTreeMap<String, String>, plan: &SweepPlan) -> Result<String, Problem> {
    let swept = query.get(name).filter(|param| plan.parameters.contains_key(*param));
    let names: Vec<&str> = plan.parameters.keys().map(String::as_str).collect();
    let detail = || format!("must be a swept parameter: {}", names.join(", "));
    swept.cloned().ok_or_else(|| invalid(name, detail()))
}
