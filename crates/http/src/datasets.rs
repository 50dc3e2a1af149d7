//! `/datasets`.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::{Value, json};
use tapedeck_domain::bars::BarView;
use tapedeck_domain::dataset::Dataset;
use tapedeck_domain::id::DatasetId;
use tapedeck_domain::table::{Column, Table};
use tapedeck_domain::time::Timestamp;

use crate::extract::{dataset_id, parsed, query};
use crate::format::Format;
use crate::paging::{self, Paging};
use crate::problem::{Code, Problem};
use crate::render;
use crate::services::Services;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    limit: Option<String>,
    cursor: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BarsQuery {
    from: Option<String>,
    to: Option<String>,
    limit: Option<String>,
    cursor: Option<String>,
    format: Option<String>,
}

/// Bars of a page when nothing is said, and at most.
const DEFAULT_BARS: usize = 500;
const MAX_BARS: usize = 10_000;

/// `GET /datasets`: by name.
pub(crate) async fn list(
    req: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let query: ListQuery = query(&req)?;
    let paging = Paging::parse(query.limit.as_deref(), query.cursor.as_deref())?;
    let after: Option<DatasetId> = paging.after()?;
    let (datasets, limit) = (services.datasets.clone(), paging.limit);
    let mut found =
        services.read(async move { datasets.list(after.as_ref(), limit + 1).await }).await?;
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more).map(|dataset| paging::cursor(dataset.id.as_str()));
    let items: Vec<Value> = found.iter().map(wire).collect();
    Ok(paging::respond(&req, next.as_deref(), json!({"items": items, "next_cursor": next})))
}

/// `GET /datasets/{id}`.
pub(crate) async fn get(
    req: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(wire(&find(&req, &services).await?)))
}

/// `GET /datasets/{id}/bars`: a page of JSON, or all of the range in another format.
pub(crate) async fn bars(
    req: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let query: BarsQuery = query(&req)?;
    let format = Format::negotiate(&req, query.format.as_deref())?;
    let from = parsed("from", query.from.as_deref(), str::parse)?;
    let to = parsed("to", query.to.as_deref(), Timestamp::parse_inclusive_end)?;
    let paging = Paging::parse(None, query.cursor.as_deref())?;
    let start: usize = paging.after()?.unwrap_or(0);
    let limit = query.limit.as_deref().map(|text| paging::limit_within(text, MAX_BARS));
    let limit = limit.transpose()?.unwrap_or(DEFAULT_BARS);
    let dataset = find(&req, &services).await?;
    let (datasets, hash) = (services.datasets.clone(), dataset.content_hash.clone());
    let bars = services.read(async move { datasets.bars(&hash).await }).await?;
    let range = (from.unwrap_or(dataset.from), to.unwrap_or(dataset.to));
    let encoder = services.tables.clone();
    if format != Format::Json {
        let render = move || {
            let bars = bars.view().between(range.0, range.1);
            format.encode(&table(bars, 0..bars.len()), encoder.as_ref())
        };
        return Ok(format.respond(services.blocking(render).await??));
    }
    let render = move || {
        let bars = bars.view().between(range.0, range.1);
        let (start, end) = (start.min(bars.len()), bars.len().min(start.saturating_add(limit)));
        let next = (end < bars.len()).then(|| paging::cursor(&end.to_string()));
        (render::items(&table(bars, start..end)), next, bars.len())
    };
    let (items, next, total) = services.blocking(render).await?;
    let body = json!({"items": items, "next_cursor": next, "total": total});
    Ok(paging::respond(&req, next.as_deref(), body))
}

fn table(bars: BarView<'_>, rows: std::ops::Range<usize>) -> Table {
    let number = |column: &[f64]| Column::Number(column[rows.clone()].to_vec());
    Table {
        columns: vec![
            ("time", Column::Time(bars.time[rows.clone()].to_vec())),
            ("open", number(bars.open)),
            ("high", number(bars.high)),
            ("low", number(bars.low)),
            ("close", number(bars.close)),
            ("volume", number(bars.volume)),
        ],
    }
}

async fn find(req: &HttpRequest, services: &Services) -> Result<Dataset, Problem> {
    let id = dataset_id(req)?;
    let datasets = services.datasets.clone();
    let found = services.read(async move { datasets.find(&id).await }).await?;
    found.ok_or_else(|| Problem::new(Code::DatasetNotFound, "no dataset has this name"))
}

/// A dataset as clients see it.
pub(crate) fn wire(dataset: &Dataset) -> Value {
    json!({
        "id": dataset.id,
        "version": dataset.version,
        "symbol": dataset.symbol,
        "interval": dataset.interval.to_string(),
        "from": dataset.from.to_string(),
        "to": dataset.to.to_string(),
        "bars": dataset.bars,
        "content_hash": dataset.content_hash,
        "periods_per_year": dataset.periods_per_year,
        "warnings": dataset.warnings,
        "source": dataset.source,
        "created_at": dataset.created_at.to_string(),
        "links": {
            "self": format!("/api/v1/datasets/{}", dataset.id),
            "bars": format!("/api/v1/datasets/{}/bars", dataset.id),
        },
    })
}
