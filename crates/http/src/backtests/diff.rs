use std::sync::Arc;

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};
use tapedeck_application::{Comparison, Finished, TradeComparison, compare};
use tapedeck_domain::metrics::Figure;

use crate::caching::Tag;
use crate::extract::path_backtest;
use crate::problem::Problem;
use crate::render::items;
use crate::services::Services;
use crate::wire::{self, rows};

/// Trades of an answer, of each kind; the counts are always whole.
const MAX_TRADES: usize = 1_000;

/// `GET /backtests/{a}/diff/{b}`: what went in, what came out, and where they part.
pub(crate) async fn diff(
    req: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let (a, b) = (path_backtest(&req, "a")?, path_backtest(&req, "b")?);
    let results = services.results.clone();
    let ended = async move {
        Ok::<_, tapedeck_application::ResultError>((
            results.ended(a).await?,
            results.ended(b).await?,
        ))
    };
    let (a, b) = services.read(ended).await?;
    let tag = Tag::of(&["diff", &a.report.0, &b.report.0]);
    if let Some(known) = tag.not_modified(&req) {
        return Ok(known);
    }
    let results = services.results.clone();
    let read = async move {
        Ok::<_, tapedeck_application::ResultError>((results.read(a).await?, results.read(b).await?))
    };
    let (a, b) = services.read(read).await?;
    let body = services.blocking(move || body(&a, &b)).await?;
    Ok(tag.seal(HttpResponse::Ok().json(body)))
}

fn body(a: &Arc<Finished>, b: &Arc<Finished>) -> Value {
    let spec = |run: &Finished| wire::specification(&run.job.submission.spec);
    let inputs = wire::differences(&spec(a), &spec(b));
    let found = compare(a, b);
    let identical = inputs.is_empty()
        && found.metrics.is_empty()
        && found.parting.is_none()
        && found.trades.changed.len() + found.trades.missing() == 0;
    let parting = found
        .parting
        .map(|at| json!({"bar": at.bar, "time": at.time.to_string(), "a": at.a, "b": at.b}));
    json!({
        "a": a.job.id.to_string(),
        "b": b.job.id.to_string(),
        "identical": identical,
        "inputs": inputs,
        "trades": trades(a, b, &found.trades),
        "metrics": metrics(&found),
        "first_difference": parting,
        "partial": a.is_partial() || b.is_partial(),
    })
}

fn trades(a: &Finished, b: &Finished, found: &TradeComparison) -> Value {
    let rows = |run: &Finished, indexes: Vec<usize>| items(&rows::trades(run, &indexes));
    let first = |indexes: &[usize]| indexes.iter().copied().take(MAX_TRADES).collect::<Vec<_>>();
    let (of_a, of_b): (Vec<_>, Vec<_>) = found.changed.iter().copied().take(MAX_TRADES).unzip();
    let changed = rows(a, of_a).into_iter().zip(rows(b, of_b));
    let changed: Vec<Value> = changed.map(|(a, b)| json!({"a": a, "b": b})).collect();
    let only_in_a = rows(a, first(&found.only_in_a)).into_iter();
    let only_in_b = rows(b, first(&found.only_in_b)).into_iter();
    let missing = only_in_a.map(|trade| json!({"missing_in": "b", "trade": trade}));
    let missing = missing.chain(only_in_b.map(|trade| json!({"missing_in": "a", "trade": trade})));
    json!({
        "matched": found.matched,
        "changed_count": found.changed.len(),
        "missing_count": found.missing(),
        "changed": changed,
        "missing": missing.collect::<Vec<_>>(),
    })
}

fn metrics(found: &Comparison) -> Vec<Value> {
    let value = |figure: Figure| match figure {
        Figure::Value(value) => json!(value),
        Figure::Undefined(_) => Value::Null,
    };
    let rows = found.metrics.iter().map(|differing| {
        json!({
            "key": differing.key, "group": differing.group,
            "a": value(differing.a), "b": value(differing.b),
        })
    });
    rows.collect()
}
