use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

use crate::extract::backtest_id;
use crate::problem::Problem;
use crate::services::Services;

/// `GET /backtests/{id}/manifest`: everything that is needed to repeat the run.
pub(crate) async fn manifest(
    req: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let id = backtest_id(&req)?;
    let results = services.results.clone();
    let manifest = services.detached(async move { results.manifest(id).await }).await?;
    let mut wire = json!(manifest);
    let spec = &manifest.specification;
    wire["created_at"] = json!(manifest.created_at.to_string());
    wire["specification"]["from"] = json!(spec.from.to_string());
    wire["specification"]["to"] = json!(spec.to.to_string());
    Ok(HttpResponse::Ok().json(wire))
}
