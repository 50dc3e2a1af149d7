use actix_web::HttpResponse;
use actix_web::web::Data;
use tapedeck_application::Strategies;

use super::body::StrategyBody;
use crate::problem::Problem;
use crate::services::Services;
use crate::wire::{self, parse_validation};

/// `POST /strategies/validate`: 200 whatever is found out about the rules or the module, so that
/// a form can show it.
pub(crate) async fn validate(
    services: Data<Services>,
    body: StrategyBody,
) -> Result<HttpResponse, Problem> {
    let found = match body {
        StrategyBody::Json(body) => {
            let (definition, params) = parse_validation(&body)?;
            services.blocking(move || Strategies::check(&definition, &params)).await?
        }
        StrategyBody::Module(module) => {
            let strategies = services.strategies.clone();
            let check = async move { strategies.check_guest(module).await };
            services.waiting(services.modules.patience, check).await?
        }
    };
    Ok(HttpResponse::Ok().json(wire::rules_check(found)))
}
