use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use crate::extract::sweep_id;
use crate::faults::OfSweep;
use crate::problem::Problem;
use crate::services::Services;

/// `DELETE /sweeps/{id}`: 204; 409 while it runs.
pub(crate) async fn remove(
    req: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let id = sweep_id(&req)?;
    let remove = services.sweeps.remove.clone();
    services.detached(async move { remove.remove(id).await.map_err(OfSweep) }).await?;
    Ok(HttpResponse::NoContent().finish())
}
