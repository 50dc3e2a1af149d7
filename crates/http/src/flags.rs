//! `/flags`: what is switched on, and what is not.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::{Value, json};
use tapedeck_domain::flag::Flag;

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
    include_total: Option<bool>,
}

/// `GET /flags`: in the order of their keys.
pub(crate) async fn list(
    req: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let Query { limit, cursor, include_total } = query(&req)?;
    let paging = Paging::parse(limit.as_deref(), cursor.as_deref())?;
    let (flags, after) = (services.flags.clone(), paging.after::<String>()?);
    let all = services.read(async move { flags.list().await }).await?;
    let is_later = |key: &str| after.as_deref().is_none_or(|after| key > after);
    let rest: Vec<_> = all.iter().filter(|view| is_later(view.flag.key())).collect();
    let page = &rest[..rest.len().min(paging.limit)];
    let more = page.len() < rest.len();
    let next = page.last().filter(|_| more).map(|view| paging::cursor(view.flag.key()));
    let items: Vec<Value> = page.iter().map(|view| wire::flag(view)).collect();
    let mut body = json!({"items": items, "next_cursor": next});
    if include_total == Some(true) {
        body["total"] = json!(all.len());
    }
    Ok(paging::respond(&req, next.as_deref(), body))
}

/// `GET /flags/{key}`.
pub(crate) async fn get(
    req: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let flag = flag(&req)?;
    let flags = services.flags.clone();
    let view = services.read(async move { flags.find(flag).await }).await?;
    Ok(HttpResponse::Ok().json(wire::flag(&view)))
}

/// `PUT /flags/{key}`: for every process, until it is taken back.
pub(crate) async fn set(
    req: HttpRequest,
    services: Data<Services>,
    body: JsonBytes,
) -> Result<HttpResponse, Problem> {
    let (flag, requester) = (flag(&req)?, requester(&req)?);
    let value = wire::parse_flag(&body.0)?;
    change(&services, flag, Some(value), requester).await
}

/// `DELETE /flags/{key}`: back to what is configured.
pub(crate) async fn clear(
    req: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let (flag, requester) = (flag(&req)?, requester(&req)?);
    change(&services, flag, None, requester).await
}

async fn change(
    services: &Services,
    flag: Flag,
    value: Option<bool>,
    requester: tapedeck_domain::actor::Requester,
) -> Result<HttpResponse, Problem> {
    let flags = services.flags.clone();
    let set = async move { flags.set(flag, value, requester.into()).await };
    let view = services.detached(set).await?;
    Ok(HttpResponse::Ok().json(wire::flag(&view)))
}

fn flag(req: &HttpRequest) -> Result<Flag, Problem> {
    let key = req.match_info().get("key").unwrap_or_default();
    Flag::of_key(key).ok_or_else(|| Problem::new(Code::NotFound, "no flag has this key"))
}
