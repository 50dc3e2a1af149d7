//! `/metrics`: what this process measures, for Prometheus.

use actix_web::HttpResponse;
use actix_web::web::Data;

use crate::problem::Problem;
use crate::services::Services;

/// The version of the text format.
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// `GET /metrics`.
pub(crate) async fn text(services: Data<Services>) -> Result<HttpResponse, Problem> {
    let scrape = (services.metrics)();
    let text = services.read(async move { Ok::<_, Problem>(scrape.await) }).await?;
    Ok(HttpResponse::Ok().content_type(TEXT).body(text))
}
