use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use crate::extract::{requester, sweep_id};
use crate::faults::OfSweep;
use crate::problem::Problem;
use crate::services::Services;

/// `DELETE /sweeps/{id}`: 204; 409 while it runs.
pub(crate) async fn remove(
    req: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let (id, requester) = (sweep_id(&req)?, requester(&req)?);
    let remove = services.sweeps.remove.clone();
    services.detached(async move { remove.remove(id, requester).await.map_err(OfSweep) }).await?;
    Ok(HttpResponse::NoContent().finish())
}
