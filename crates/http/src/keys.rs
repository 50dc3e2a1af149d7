//! `/keys`: who may call the API.

use actix_web::http::header;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};

use crate::extract::{JsonBytes, key_id, query, requester};
use crate::problem::Problem;
use crate::services::Services;
use crate::wire;

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {}

/// `GET /keys`: all of them, oldest first; there are few.
pub(crate) async fn list(
    req: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let Query {} = query(&req)?;
    let keys = services.keys.clone();
    let found = services.read(async move { keys.list().await }).await?;
    let items: Vec<Value> = found.iter().map(wire::key).collect();
    Ok(HttpResponse::Ok().json(json!({"items": items, "next_cursor": null})))
}

/// `POST /keys`: the only answer that ever has the key.
pub(crate) async fn create(
    req: HttpRequest,
    services: Data<Services>,
    body: JsonBytes,
) -> Result<HttpResponse, Problem> {
    let (requester, new) = (requester(&req)?, wire::parse_new_key(&body.0)?);
    let keys = services.keys.clone();
    let made = async move { keys.create(requester.into(), new).await };
    let (key, text) = services.detached(made).await?;
    let mut resource = wire::key(&key);
    resource["key"] = json!(text.expose());
    Ok(HttpResponse::Created()
        .insert_header((header::LOCATION, format!("/api/v1/keys/{}", key.id)))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(resource))
}

/// `DELETE /keys/{id}`: takes it back for good; one that was revoked before stays as it is.
pub(crate) async fn revoke(
    req: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let (id, requester) = (key_id(&req)?, requester(&req)?);
    let keys = services.keys.clone();
    services.detached(async move { keys.revoke(requester.into(), id).await }).await?;
    Ok(HttpResponse::NoContent().finish())
}
