//! `/schedules`: what the server does by itself.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::{Value, json};
use tapedeck_domain::schedule::ScheduleName;

use crate::extract::{JsonBytes, query, requester};
use crate::paging::{self, Paging};
use crate::problem::{Code, Problem};
use crate::services::Services;
use crate::wire;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    limit: Option<String>,
    cursor: Option<String>,
}

fn paging(req: &HttpRequest) -> Result<Paging, Problem> {
    let Query { limit, cursor } = query(req)?;
    Paging::parse(limit.as_deref(), cursor.as_deref())
}

/// The schedule that the path names.
fn name(req: &HttpRequest) -> Result<ScheduleName, Problem> {
    let name = req.match_info().get("name").unwrap_or_default().parse();
    name.map_err(|_| Problem::new(Code::NotFound, "no schedule has this name"))
}

/// `GET /schedules`: by name.
pub(crate) async fn list(
    req: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let paging = paging(&req)?;
    let after = paging.after::<ScheduleName>()?.map(ScheduleName::as_str);
    let schedules = services.schedules.clone();
    let mut found = services.read(async move { schedules.list().await }).await?;
    found.retain(|view| after.is_none_or(|after| view.setup.name.as_str() > after));
    let more = found.len() > paging.limit;
    found.truncate(paging.limit);
    let next = found.last().filter(|_| more).map(|last| paging::cursor(last.setup.name.as_str()));
    let items: Vec<Value> = found.iter().map(wire::schedule).collect();
    let body = json!({"items": items, "next_cursor": next});
    Ok(paging::respond(&req, next.as_deref(), body))
}

/// `GET /schedules/{name}`.
pub(crate) async fn get(
    req: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let (name, schedules) = (name(&req)?, services.schedules.clone());
    let view = services.read(async move { schedules.find(name).await }).await?;
    Ok(HttpResponse::Ok().json(wire::schedule(&view)))
}

/// `GET /schedules/{name}/runs`: newest first.
pub(crate) async fn runs(
    req: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let (name, paging) = (name(&req)?, paging(&req)?);
    let (schedules, before) = (services.schedules.clone(), paging.after()?);
    // One more than asked for tells whether there is a next page.
    let (limit, asked) = (paging.limit, paging.limit + 1);
    let work = async move { schedules.runs(name, before, asked).await };
    let mut found = services.read(work).await?;
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more).map(|last| paging::cursor(&last.seq.to_string()));
    let items: Vec<Value> =
        found.iter().map(|recorded| wire::schedule_run(&recorded.run)).collect();
    let body = json!({"items": items, "next_cursor": next});
    Ok(paging::respond(&req, next.as_deref(), body))
}

/// `POST /schedules/{name}/trigger`: some worker begins the run soon.
pub(crate) async fn trigger(
    req: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let (name, requester) = (name(&req)?, requester(&req)?);
    let schedules = services.schedules.clone();
    let work = async move { schedules.trigger(name, requester.into()).await };
    let run = services.detached(work).await?;
    Ok(HttpResponse::Accepted().json(wire::schedule_run(&run)))
}

/// `POST /schedules/{name}/pause`: pausing a paused schedule changes nothing.
pub(crate) async fn pause(
    req: HttpRequest,
    services: Data<Services>,
    body: JsonBytes,
) -> Result<HttpResponse, Problem> {
    let (name, requester) = (name(&req)?, requester(&req)?);
    let (reason, schedules) = (wire::parse_pause(&body.0)?, services.schedules.clone());
    let work = async move { schedules.pause(name, requester.into(), reason).await };
    let view = services.detached(work).await?;
    Ok(HttpResponse::Ok().json(wire::schedule(&view)))
}

/// `POST /schedules/{name}/resume`: so does resuming one that is not paused.
pub(crate) async fn resume(
    req: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let (name, requester) = (name(&req)?, requester(&req)?);
    let schedules = services.schedules.clone();
    let work = async move { schedules.resume(name, requester.into()).await };
    let view = services.detached(work).await?;
    Ok(HttpResponse::Ok().json(wire::schedule(&view)))
}

/// `POST /schedules/{name}/acknowledge`: without an alarm nothing changes.
pub(crate) async fn acknowledge(
    req: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let (name, requester) = (name(&req)?, requester(&req)?);
    let schedules = services.schedules.clone();
    let work = async move { schedules.acknowledge(name, requester.into()).await };
    let view = services.detached(work).await?;
    Ok(HttpResponse::Ok().json(wire::schedule(&view)))
}
