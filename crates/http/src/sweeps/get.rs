use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::resource;
use crate::backtests::patience;
use crate::extract::sweep_id;
use crate::problem::{Code, Problem};
use crate::services::Services;

/// `GET /sweeps/{id}`; `?wait=30` answers when it has ended, or after so many seconds.
pub(crate) async fn get(
    req: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let id = sweep_id(&req)?;
    let job = services.ended(&services.sweeps.inspect, id, patience(&req)?).await?;
    let job = job.ok_or_else(|| Problem::new(Code::NotFound, "no sweep has this id"))?;
    Ok(HttpResponse::Ok().json(resource(&services, &job).await?))
}
