use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};
use tapedeck_domain::flag::Flag;

use super::result::{Sealed, shown};
use crate::problem::{Code, Problem};
use crate::services::Services;
use crate::wire;

/// `GET /backtests/{id}/metrics`: one flat object.
pub(crate) async fn metrics(
    req: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let envelope = services.flags.is_on(Flag::ExecutionEnvelope);
    let sealed = match Sealed::find(&req, &services, &["metrics", shown(envelope)]).await? {
        Ok(sealed) => sealed,
        Err(not_modified) => return Ok(not_modified),
    };
    let run = sealed.read(&services).await?;
    let mut wire = wire::metrics(&run.report, run.bars()).ok_or_else(|| {
        Problem::new(Code::ArtifactNotFound, "the run ended before its first bar")
    })?;
    if !envelope {
        wire["envelope"] = Value::Null;
    }
    if run.is_partial() {
        wire["partial"] = json!(true);
    }
    Ok(sealed.seal(HttpResponse::Ok().json(wire)))
}
