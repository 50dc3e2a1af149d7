use std::sync::LazyLock;

use actix_web::{HttpResponse, Responder};

static DOCUMENT: LazyLock<String> = LazyLock::new(crate::openapi::json);

/// `GET /api/openapi.json`.
pub(crate) async fn openapi() -> impl Responder {
    HttpResponse::Ok().content_type("application/json").body(DOCUMENT.as_str())
}
