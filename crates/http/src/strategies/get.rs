use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use tapedeck_application::StrategyView;

use super::respond;
use crate::extract::{query, strategy_id};
use crate::problem::Problem;
use crate::services::Services;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    version: Option<u32>,
}

/// `GET /strategies/{id}`: the latest version; `?version=2` that one.
pub(crate) async fn get(
    req: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    Ok(respond(HttpResponse::Ok(), &find(&req, &services).await?))
}

/// The version that the request names.
pub(super) async fn find(req: &HttpRequest, services: &Services) -> Result<StrategyView, Problem> {
    let (id, version) = (strategy_id(req)?, query::<Query>(req)?.version);
    let strategies = services.strategies.clone();
    services.read(async move { strategies.find(&id, version).await }).await
}
