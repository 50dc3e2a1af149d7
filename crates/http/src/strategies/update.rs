use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::{precondition, respond};
use crate::extract::{JsonBytes, strategy_id};
use crate::problem::Problem;
use crate::services::Services;
use crate::wire::parse_strategy_change;

/// `PUT /strategies/{id}`: 200 with the new version, or with the latest one when it says the
/// same already; 409 when `If-Match` names another.
pub(crate) async fn update(
    req: HttpRequest,
    services: Data<Services>,
    body: JsonBytes,
) -> Result<HttpResponse, Problem> {
    let id = strategy_id(&req)?;
    let draft = parse_strategy_change(&body.0)?;
    let expected = precondition::expected(&req);
    let strategies = services.strategies.clone();
    let updated =
        services.detached(async move { strategies.update(&id, draft, &expected).await }).await?;
    Ok(respond(HttpResponse::Ok(), updated.view()))
}
