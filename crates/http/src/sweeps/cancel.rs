use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use tapedeck_application::Cancelled;

use super::resource;
use crate::extract::{requester, sweep_id};
use crate::faults::OfSweep;
use crate::problem::Problem;
use crate::services::Services;

/// `POST /sweeps/{id}/cancel`: 202 while it ends, 200 when it has ended.
pub(crate) async fn cancel(
    req: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let (id, requester) = (sweep_id(&req)?, requester(&req)?);
    let cancel = services.sweeps.cancel.clone();
    let work = async move { cancel.cancel(id, requester).await.map_err(OfSweep) };
    let (mut response, job) = match services.detached(work).await? {
        Cancelled::Ending(job) => (HttpResponse::Accepted(), job),
        Cancelled::Ended(job) => (HttpResponse::Ok(), job),
    };
    Ok(response.json(resource(&services, &job).await?))
}
