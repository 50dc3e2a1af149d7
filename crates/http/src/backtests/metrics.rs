use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

use super::result::Sealed;
use crate::problem::{Code, Problem};
use crate::services::Services;
use crate::wire;

/// `GET /backtests/{id}/metrics`: one flat object.
pub(crate) async fn metrics(
    req: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let sealed = match Sealed::find(&req, &services, &["metrics"]).await? {
        Ok(sealed) => sealed,
        Err(not_modified) => return Ok(not_modified),
    };
    let run = sealed.read(&services).await?;
    let metrics = run.report.metrics.as_ref().ok_or_else(|| {
        Problem::new(Code::ArtifactNotFound, "the run ended before its first bar")
    })?;
    let mut wire = wire::metrics(metrics, run.report.open_trade.as_ref(), run.bars());
    if run.is_partial() {
        wire["partial"] = json!(true);
    }
    Ok(sealed.seal(HttpResponse::Ok().json(wire)))
}
