use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::body::StrategyBody;
use super::{precondition, respond};
use crate::extract::{query, strategy_id};
use crate::problem::Problem;
use crate::services::Services;
use crate::wire::{parse_module_change, parse_strategy_change};

/// `PUT /strategies/{id}`: 200 with the new version, or with the latest one when it says the
/// same already; 409 when `If-Match` names another.
pub(crate) async fn update(
    req: HttpRequest,
    services: Data<Services>,
    body: StrategyBody,
) -> Result<HttpResponse, Problem> {
    let id = strategy_id(&req)?;
    let expected = precondition::expected(&req);
    let strategies = services.strategies.clone();
    let updated = match body {
        StrategyBody::Json(body) => {
            let draft = parse_strategy_change(&body)?;
            let update = async move { strategies.update(&id, draft, &expected).await };
            services.detached(update).await?
        }
        StrategyBody::Module(module) => {
            let upload = parse_module_change(query(&req)?, module)?;
            let update = async move { strategies.update_guest(&id, upload, &expected).await };
            services.detached_for(services.modules.patience, update).await?
        }
    };
    Ok(respond(HttpResponse::Ok(), updated.view()))
}
