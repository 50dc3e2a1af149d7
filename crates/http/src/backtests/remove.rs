use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use crate::extract::{backtest_id, requester};
use crate::problem::Problem;
use crate::services::Services;

/// `DELETE /backtests/{id}`: 204; 409 while it runs.
pub(crate) async fn remove(
    req: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let (id, requester) = (backtest_id(&req)?, requester(&req)?);
    let remove = services.remove.clone();
    services.detached(async move { remove.remove(id, requester).await }).await?;
    Ok(HttpResponse::NoContent().finish())
}
