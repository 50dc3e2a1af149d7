use actix_web::HttpResponse;
use actix_web::web::Data;
use tapedeck_application::Strategies;

use crate::extract::JsonBytes;
use crate::problem::Problem;
use crate::services::Services;
use crate::wire::{self, parse_validation};

/// `POST /strategies/validate`: 200 whatever is found out about the rules, so that a form can
/// show it.
pub(crate) async fn validate(
    services: Data<Services>,
    body: JsonBytes,
) -> Result<HttpResponse, Problem> {
    let (definition, params) = parse_validation(&body.0)?;
    let check = move || Strategies::check(&definition, &params);
    Ok(HttpResponse::Ok().json(wire::rules_check(services.blocking(check).await?)))
}
