//! Health paths: for probes and people, never behind a key.

use actix_web::{HttpResponse, Responder};
use serde::Serialize;

#[derive(Serialize)]
struct Live {
    status: &'static str,
}

/// `GET /healthz`, `GET /api/health/live`: 200 while the process serves.
pub(crate) async fn live() -> impl Responder {
    HttpResponse::Ok().json(Live { status: "ok" })
}
