//! `/audit`: who decided what.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::{Value, json};
use tapedeck_domain::audit::Audited;
use tapedeck_domain::port::AuditFilter;

use crate::extract::query;
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
}

/// `GET /audit`: newest first.
pub(crate) async fn list(
    req: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let Query { limit, cursor, actor, action, subject } = query(&req)?;
    let paging = Paging::parse(limit.as_deref(), cursor.as_deref())?;
    let actor = actor.map(|text| text.parse()).transpose().map_err(|error| {
        let error: tapedeck_domain::id::ParseIdError = error;
        Problem::invalid("query:actor", "range", error.to_string())
    })?;
    let filter = AuditFilter { actor, action, subject, ..AuditFilter::default() };
    let (audit, before) = (services.audit.clone(), paging.after()?);
    // One more than asked for tells whether there is a next page.
    let (limit, asked) = (paging.limit, paging.limit + 1);
    let mut found = services.read(async move { audit.list(filter, before, asked).await }).await?;
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more).map(|last| paging::cursor(&last.seq.to_string()));
    let items: Vec<Value> = found.iter().map(wire).collect();
    let body = json!({"items": items, "next_cursor": next});
    Ok(paging::respond(&req, next.as_deref(), body))
}

fn wire(Audited { seq, entry, .. }: &Audited) -> Value {
    json!({
        "seq": seq,
        "actor": entry.actor,
        "action": entry.action,
        "subject": entry.subject,
        "request_id": entry.request_id,
        "time": entry.at.to_string(),
        "before": entry.before,
        "after": entry.after,
    })
}
