use actix_web::{HttpResponse, Responder};

/// The description of the API (OpenAPI 3.1), as `make openapi` wrote it: to make it takes longer
/// to build than everything else that this crate does. A test compares it with the code.
pub const OPENAPI: &str = include_str!("../../../../docs/api/openapi.json");

/// `GET /api/openapi.json`.
pub(crate) async fn openapi() -> impl Responder {
    HttpResponse::Ok().content_type("application/json").body(OPENAPI)
}
