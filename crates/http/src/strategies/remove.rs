use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::precondition;
use crate::extract::strategy_id;
use crate::problem::Problem;
use crate::services::Services;

/// `DELETE /strategies/{id}`: 204. Runs that were submitted before keep its rules.
pub(crate) async fn remove(
    req: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let (id, expected) = (strategy_id(&req)?, precondition::expected(&req));
    let strategies = services.strategies.clone();
    services.detached(async move { strategies.remove(&id, &expected).await }).await?;
    Ok(HttpResponse::NoContent().finish())
}
