use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::resource;
use crate::backtests::listed;
use crate::problem::Problem;
use crate::services::Services;

/// `GET /sweeps`: newest first.
pub(crate) async fn list(
    req: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let listed = listed(&req, &services, &services.sweeps.inspect).await?;
    let mut items = Vec::with_capacity(listed.jobs.len());
    for job in &listed.jobs {
        items.push(resource(&services, job).await?);
    }
    Ok(listed.respond(&req, items))
}
