//! `/queue`: how it stands, and whether workers may take from it.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use crate::extract::{JsonBytes, requester};
use crate::problem::Problem;
use crate::services::Services;
use crate::wire;

/// `GET /queue`.
pub(crate) async fn look(services: Data<Services>) -> Result<HttpResponse, Problem> {
    let queue = services.queue.clone();
    let view = services.read(async move { queue.look().await }).await?;
    Ok(HttpResponse::Ok().json(wire::queue(&view)))
}

/// `POST /queue/pause`: pausing a paused queue changes nothing.
pub(crate) async fn pause(
    req: HttpRequest,
    services: Data<Services>,
    body: JsonBytes,
) -> Result<HttpResponse, Problem> {
    let (requester, reason) = (requester(&req)?, wire::parse_pause(&body.0)?);
    let queue = services.queue.clone();
    let view = services.detached(async move { queue.pause(requester, reason).await }).await?;
    Ok(HttpResponse::Ok().json(wire::queue(&view)))
}

/// `POST /queue/resume`: so does resuming one that is not paused.
pub(crate) async fn resume(
    req: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let requester = requester(&req)?;
    let queue = services.queue.clone();
    let view = services.detached(async move { queue.resume(requester).await }).await?;
    Ok(HttpResponse::Ok().json(wire::queue(&view)))
}
