use actix_web::http::header::{self, HeaderValue};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use tapedeck_application::StrategyError;

use super::body::WASM;
use super::get::find;
use crate::caching::Tag;
use crate::problem::Problem;
use crate::services::Services;

/// `GET /strategies/{id}/module`: the module of the latest version, as it was sent;
/// `?version=2` that of this one.
pub(crate) async fn module(
    req: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let strategy = find(&req, &services).await?.strategy;
    let module = strategy.guest.ok_or(StrategyError::NoModule)?;
    let tag = Tag::of_content(&module.content_hash);
    if let Some(response) = tag.not_modified(&req) {
        return Ok(revalidated(response));
    }
    let strategies = services.strategies.clone();
    let bytes = services.read(async move { strategies.module(&module).await }).await?;
    let name = format!("{}-{}.wasm", strategy.reference.id, strategy.reference.version);
    let response = HttpResponse::Ok()
        .content_type(WASM)
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .body(bytes.to_vec());
    Ok(revalidated(tag.seal(response)))
}

/// The same address may mean another version tomorrow.
fn revalidated(mut response: HttpResponse) -> HttpResponse {
    let value = HeaderValue::from_static("private, no-cache");
    response.headers_mut().insert(header::CACHE_CONTROL, value);
    response
}
