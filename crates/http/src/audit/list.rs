use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::{Value, json};
use tapedeck_domain::port::AuditFilter;
use tapedeck_domain::time::Timestamp;

use super::file;
use crate::audit_json;
use crate::extract::{parsed, query};
use crate::format::Format;
use crate::paging::{self, Paging};
use crate::problem::Problem;
use crate::services::Services;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    limit: Option<String>,
    cursor: Option<String>,
    actor: Option<String>,
    action: Option<String>,
    subject: Option<String>,
    request_id: Option<String>,
    since: Option<String>,
    until: Option<String>,
    format: Option<String>,
}

/// `GET /audit`: newest first; a page, or the whole of it as a file.
pub(crate) async fn list(
    req: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let query: Query = query(&req)?;
    let paging = Paging::parse(query.limit.as_deref(), query.cursor.as_deref())?;
    let format = Format::negotiate(&req, query.format.as_deref())?;
    let before = paging.after()?;
    let filter = filter(query)?;
    match format {
        Format::Json => page(&req, &services, filter, before, paging.limit).await,
        Format::Csv | Format::Ndjson => file::whole(&services, filter, format).await,
        Format::Parquet => {
            let detail = "must be json, csv or ndjson";
            Err(Problem::invalid("query:format", "range", detail))
        }
    }
}

fn filter(query: Query) -> Result<AuditFilter, Problem> {
    let Query { actor, action, subject, request_id, since, until, .. } = query;
    Ok(AuditFilter {
        actor: parsed("actor", actor.as_deref(), str::parse)?,
        action,
        subject,
        request_id: parsed("request_id", request_id.as_deref(), str::parse)?,
        since: parsed("since", since.as_deref(), Timestamp::parse_bound)?,
        until: parsed("until", until.as_deref(), Timestamp::parse_bound)?,
    })
}

async fn page(
    req: &HttpRequest,
    services: &Services,
    filter: AuditFilter,
    before: Option<u64>,
    limit: usize,
) -> Result<HttpResponse, Problem> {
    let audit = services.audit.clone();
    // One more than asked for tells whether there is a next page.
    let found = services.read(async move { audit.list(filter, before, limit + 1).await });
    let mut found = found.await?;
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more).map(|last| paging::cursor(&last.seq.to_string()));
    let items: Vec<Value> = found.iter().map(audit_json::entry).collect();
    let body = json!({"items": items, "next_cursor": next});
    Ok(paging::respond(req, next.as_deref(), body))
}
