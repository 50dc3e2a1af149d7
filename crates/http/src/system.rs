//! `/system`: what this server is.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use crate::extract::query;
use crate::problem::Problem;
use crate::services::Services;
use crate::wire;

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {}

/// `GET /system`.
pub(crate) async fn look(
    req: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let Query {} = query(&req)?;
    let system = services.system.clone();
    let view = services.read(async move { Ok::<_, Problem>(system.look().await) }).await?;
    Ok(HttpResponse::Ok().json(wire::system(&view)))
}
