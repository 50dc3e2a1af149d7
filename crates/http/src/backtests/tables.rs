//! The tables of a finished run: trades, orders, fills, equity and what it had to say.

use std::sync::Arc;

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::{Value, json};
use tapedeck_application::Finished;
use tapedeck_domain::report::LogLevel;
use tapedeck_domain::table::Table;

use super::result::Sealed;
use crate::decimate::decimate;
use crate::extract::query;
use crate::format::Format;
use crate::paging::{self, Paging};
use crate::problem::Problem;
use crate::render;
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
struct LogQuery {
    limit: Option<String>,
    cursor: Option<String>,
    format: Option<String>,
    level: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EquityQuery {
    max_points: Option<String>,
    format: Option<String>,
}

/// Which rows of a run are asked for.
type Rows = Box<dyn Fn(&Finished) -> Vec<usize> + Send>;

/// A table of a run: its name, the rows that are asked for, and how they become columns.
struct Source {
    name: &'static str,
    rows: Rows,
    table: fn(&Finished, &[usize]) -> Table,
    /// Further members of a page of JSON.
    more: fn(&Finished) -> Value,
}

impl Source {
    fn new(
        name: &'static str,
        len: fn(&Finished) -> usize,
        table: fn(&Finished, &[usize]) -> Table,
    ) -> Self {
        Self {
            name,
            rows: Box::new(move |run| (0..len(run)).collect()),
            table,
            more: |_| json!({}),
        }
    }
}

/// `GET /backtests/{id}/trades`.
pub(crate) async fn trades(
    req: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let source = Source::new("trades", |run| run.report.trades.len(), rows::trades);
    table(&req, &services, query(&req)?, source).await
}

/// `GET /backtests/{id}/orders`.
pub(crate) async fn orders(
    req: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let source = Source::new("orders", |run| run.report.orders.len(), rows::orders);
    table(&req, &services, query(&req)?, source).await
}

/// `GET /backtests/{id}/fills`.
pub(crate) async fn fills(
    req: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let source = Source::new("fills", |run| run.report.fills.len(), rows::fills);
    table(&req, &services, query(&req)?, source).await
}

/// `GET /backtests/{id}/logs`: what the run had to say, of one level or of all.
pub(crate) async fn logs(
    req: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let LogQuery { limit, cursor, format, level } = query(&req)?;
    let level = level.as_deref().map(log_level).transpose()?;
    let wanted = move |run: &Finished| {
        let lines = run.report.log.iter().enumerate();
        let chosen = lines.filter(|(_, line)| level.is_none_or(|level| line.level == level));
        chosen.map(|(i, _)| i).collect()
    };
    let source = Source {
        name: "logs",
        rows: Box::new(wanted),
        table: rows::logs,
        more: |run| json!({"dropped": run.report.log_dropped}),
    };
    table(&req, &services, Query { limit, cursor, format }, source).await
}

fn log_level(text: &str) -> Result<LogLevel, Problem> {
    let known = [LogLevel::Info, LogLevel::Warn].into_iter();
    let found = known.into_iter().find(|level| rows::word(level) == text);
    found.ok_or_else(|| Problem::invalid("query:level", "range", "must be info or warn"))
}

/// A table as a page of JSON, or whole in any other format.
async fn table(
    req: &HttpRequest,
    services: &Services,
    query: Query,
    source: Source,
) -> Result<HttpResponse, Problem> {
    let format = Format::negotiate(req, query.format.as_deref())?;
    let page = Paging::parse(None, query.cursor.as_deref())?;
    let start = page.after::<usize>()?.unwrap_or(0);
    let limit = query.limit.as_deref().map(|text| paging::limit_within(text, DEFAULT_ROWS));
    let limit = limit.transpose()?.unwrap_or(DEFAULT_ROWS);
    let sealed = match Sealed::find(req, services, &[source.name, format.as_str()]).await? {
        Ok(sealed) => sealed,
        Err(not_modified) => return Ok(not_modified),
    };
    let run = sealed.read(services).await?;
    if format != Format::Json {
        return whole(services, sealed, format, run, move |run| {
            (source.table)(run, &(source.rows)(run))
        })
        .await;
    }
    let body = services.blocking(move || {
        let rows = (source.rows)(&run);
        let (start, end) = (start.min(rows.len()), rows.len().min(start.saturating_add(limit)));
        let next = (end < rows.len()).then(|| paging::cursor(&end.to_string()));
        let items = render::items(&(source.table)(&run, &rows[start..end]));
        let page = json!({"items": items, "next_cursor": next, "total": rows.len()});
        (partial(merged(page, (source.more)(&run)), &run), next)
    });
    let (body, next) = body.await?;
    Ok(sealed.seal(paging::respond(req, next.as_deref(), body)))
}

/// A whole table as a file.
async fn whole(
    services: &Services,
    sealed: Sealed,
    format: Format,
    run: Arc<Finished>,
    table: impl FnOnce(&Finished) -> Table + Send + 'static,
) -> Result<HttpResponse, Problem> {
    let encoder = services.tables.clone();
    let bytes = services.blocking(move || format.encode(&table(&run), encoder.as_ref())).await??;
    Ok(sealed.seal(format.respond(bytes)))
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
    let sealed = match Sealed::find(&req, &services, &["equity", format.as_str()]).await? {
        Ok(sealed) => sealed,
        Err(not_modified) => return Ok(not_modified),
    };
    let run = sealed.read(&services).await?;
    if format != Format::Json {
        let table = move |run: &Finished| equity_table(run, max_points);
        return whole(&services, sealed, format, run, table).await;
    }
    let body = services.blocking(move || equity_body(&run, max_points));
    Ok(sealed.seal(HttpResponse::Ok().json(body.await?)))
}

/// The account at every bar, or at as few points.
pub(crate) fn equity_body(run: &Finished, max_points: Option<usize>) -> Value {
    let (bars, items) = (run.bars().len(), render::items(&equity_table(run, max_points)));
    let (points, decimated) = (items.len(), items.len() < bars);
    let body = json!({
        "items": items, "next_cursor": null, "bars": bars, "points": points,
        "decimated": decimated,
    });
    partial(body, run)
}

fn equity_table(run: &Finished, max_points: Option<usize>) -> Table {
    let kept = decimate(&run.equity().equity, max_points.unwrap_or(usize::MAX));
    rows::equity(run, &kept)
}

fn points(text: &str) -> Result<usize, Problem> {
    text.parse()
        .ok()
        .filter(|points| (2..=10_000_000).contains(points))
        .ok_or_else(|| Problem::invalid("query:max_points", "range", "must be from 2 to 10000000"))
}

fn merged(mut page: Value, more: Value) -> Value {
    if let (Value::Object(page), Value::Object(more)) = (&mut page, more) {
        page.extend(more);
    }
    page
}

fn partial(mut body: Value, run: &Finished) -> Value {
    if run.is_partial() {
        body["partial"] = json!(true);
    }
    body
}
