//! `/logging`: what every process logs.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use crate::extract::{JsonBytes, requester};
use crate::problem::Problem;
use crate::services::Services;
use crate::wire;

/// `GET /logging`.
pub(crate) async fn look(services: Data<Services>) -> Result<HttpResponse, Problem> {
    let log = services.log_level.clone();
    let view = services.read(async move { log.look().await }).await?;
    Ok(HttpResponse::Ok().json(wire::log_level(&view)))
}

/// `PUT /logging`: in every process, until it is taken back.
pub(crate) async fn set(
    req: HttpRequest,
    services: Data<Services>,
    body: JsonBytes,
) -> Result<HttpResponse, Problem> {
    let (requester, level) = (requester(&req)?, wire::parse_log_level(&body.0)?);
    let log = services.log_level.clone();
    let set = async move { log.set(&level, requester.into()).await };
    let view = services.detached(set).await?;
    Ok(HttpResponse::Ok().json(wire::log_level(&view)))
}

/// `DELETE /logging`: back to what is configured.
pub(crate) async fn clear(
    req: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let (requester, log) = (requester(&req)?, services.log_level.clone());
    let clear = async move { log.clear(requester.into()).await };
    let view = services.detached(clear).await?;
    Ok(HttpResponse::Ok().json(wire::log_level(&view)))
}
