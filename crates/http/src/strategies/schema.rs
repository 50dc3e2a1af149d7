use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::Value;
use tapedeck_domain::rules;

use super::get::find;
use crate::problem::Problem;
use crate::services::Services;
use crate::wire;

/// `GET /strategies/{id}/schema`: a JSON Schema of its parameters.
pub(crate) async fn schema(
    req: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let strategy = find(&req, &services).await?.strategy;
    Ok(respond(&wire::params_schema(&strategy.name, &strategy.params)))
}

/// `GET /rules-schema`: a JSON Schema of rule sets.
pub(crate) async fn rules_schema() -> HttpResponse {
    respond(&rules::json_schema())
}

fn respond(schema: &Value) -> HttpResponse {
    HttpResponse::Ok().content_type("application/schema+json").json(schema)
}
