//! The tables of a finished run: trades, orders, fills and equity.

use std::sync::Arc;

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::{Value, json};
use tapedeck_application::Finished;

use crate::decimate::decimate;
use crate::extract::{backtest_id, query};
use crate::format::{Format, csv};
use crate::paging;
use crate::problem::Problem;
use crate::services::Services;
use crate::wire::rows;

/// Rows of a page when nothing is said; a run's results are rarely more.
const DEFAULT_ROWS: usize = 10_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    limit: Option<String>,
    cursor: Option<String>,
    format: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EquityQuery {
    max_points: Option<String>,
    format: Option<String>,
}

/// `GET /backtests/{id}/trades`.
pub(crate) async fn trades(
    req: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    table(&req, &services, rows::TRADES, |run| run.report.trades.len(), rows::trade).await
}

/// `GET /backtests/{id}/orders`.
pub(crate) async fn orders(
    req: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    table(&req, &services, rows::ORDERS, |run| run.report.orders.len(), rows::order).await
}

/// `GET /backtests/{id}/fills`.
pub(crate) async fn fills(
    req: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    table(&req, &services, rows::FILLS, |run| run.report.fills.len(), rows::fill).await
}

/// A table as a page of JSON, or whole as CSV.
async fn table(
    req: &HttpRequest,
    services: &Services,
    columns: &'static [&'static str],
    len: fn(&Finished) -> usize,
    row: fn(&Finished, usize) -> Value,
) -> Result<HttpResponse, Problem> {
    let query: Query = query(req)?;
    let format = Format::negotiate(req, query.format.as_deref())?;
    let run = open(req, services).await?;
    let total = len(&run);
    if format == Format::Csv {
        let text =
            services.blocking(move || csv(columns, (0..total).map(|i| row(&run, i)))).await?;
        return Ok(Format::Csv.respond(text));
    }
    let page = paging::Paging::parse(None, query.cursor.as_deref())?;
    let start = page.after::<usize>()?.unwrap_or(0).min(total);
    let limit = query.limit.as_deref().map(|text| paging::limit_within(text, DEFAULT_ROWS));
    let end = total.min(start + limit.transpose()?.unwrap_or(DEFAULT_ROWS));
    let next = (end < total).then(|| paging::cursor(&end.to_string()));
    let shown = next.clone();
    let body = services.blocking(move || {
        let items: Vec<Value> = (start..end).map(|i| row(&run, i)).collect();
        partial(json!({"items": items, "next_cursor": shown, "total": total}), &run)
    });
    Ok(paging::respond(req, next.as_deref(), body.await?))
}

/// `GET /backtests/{id}/equity`: every bar, or as few points as `max_points`, of which the
/// extremes are kept.
pub(crate) async fn equity(
    req: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let query: EquityQuery = query(&req)?;
    let format = Format::negotiate(&req, query.format.as_deref())?;
    let max_points = query.max_points.as_deref().map(points).transpose()?;
    let run = open(&req, &services).await?;
    if format == Format::Csv {
        let text = services.blocking(move || csv(rows::EQUITY, equity_rows(&run, max_points).1));
        return Ok(Format::Csv.respond(text.await?));
    }
    let body = services.blocking(move || {
        let (bars, items) = equity_rows(&run, max_points);
        let (points, decimated) = (items.len(), items.len() < bars);
        let body = json!({
            "items": items, "next_cursor": null, "bars": bars, "points": points,
            "decimated": decimated,
        });
        partial(body, &run)
    });
    Ok(HttpResponse::Ok().json(body.await?))
}

fn equity_rows(run: &Finished, max_points: Option<usize>) -> (usize, Vec<Value>) {
    let curve = run.equity();
    let kept = decimate(&curve.equity, max_points.unwrap_or(usize::MAX));
    let rows = kept.into_iter().map(|i| rows::equity(run, curve, i)).collect();
    (curve.equity.len(), rows)
}

fn points(text: &str) -> Result<usize, Problem> {
    text.parse()
        .ok()
        .filter(|points| (2..=10_000_000).contains(points))
        .ok_or_else(|| Problem::invalid("query:max_points", "range", "must be from 2 to 10000000"))
}

async fn open(req: &HttpRequest, services: &Services) -> Result<Arc<Finished>, Problem> {
    let id = backtest_id(req)?;
    let results = services.results.clone();
    services.detached(async move { results.open(id).await }).await
}

fn partial(mut body: Value, run: &Finished) -> Value {
    if run.is_partial() {
        body["partial"] = json!(true);
    }
    body
}
