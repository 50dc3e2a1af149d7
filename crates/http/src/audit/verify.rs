use std::time::Duration;

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;

use crate::audit_json;
use crate::extract::query;
use crate::problem::Problem;
use crate::services::Services;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {}

/// A long trail takes longer than other requests may.
const PATIENCE: Duration = Duration::from_secs(600);

/// `GET /audit/verify`: the whole chain, computed anew.
pub(crate) async fn verify(
    req: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let Query {} = query(&req)?;
    let verify = services.audit_verify.clone();
    let found = services.waiting(PATIENCE, async move { verify.verify().await }).await?;
    Ok(HttpResponse::Ok().json(audit_json::verification(&found)))
}
