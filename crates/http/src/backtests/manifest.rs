use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::result::Sealed;
use crate::problem::Problem;
use crate::services::Services;
use crate::wire;

/// `GET /backtests/{id}/manifest`: everything that is needed to repeat the run.
pub(crate) async fn manifest(
    req: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let sealed = match Sealed::find(&req, &services, &["manifest"]).await? {
        Ok(sealed) => sealed,
        Err(not_modified) => return Ok(not_modified),
    };
    let (results, ended) = (services.results.clone(), sealed.ended.clone());
    let manifest = services.read(async move { results.manifest_of(&ended).await }).await?;
    Ok(sealed.seal(HttpResponse::Ok().json(wire::manifest(&manifest))))
}
