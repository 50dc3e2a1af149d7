use actix_web::http::header;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use serde_json::json;
use tapedeck_domain::job::Backtest;
use tapedeck_domain::port::Submitted;

use super::resource;
use crate::backtests::{idempotency, preferred_wait};
use crate::extract::{JsonBytes, request_id, trace};
use crate::problem::Problem;
use crate::services::Services;
use crate::wire::parse_sweep;

/// `POST /sweeps`: 202 with a new sweep, or 200 with an old one that is the same.
pub(crate) async fn create(
    req: HttpRequest,
    services: Data<Services>,
    body: JsonBytes,
) -> Result<HttpResponse, Problem> {
    let mut request = parse_sweep(&body.0, request_id(&req)?)?;
    request.backtest.trace = trace(&req);
    let idempotency = idempotency(&req, "POST /sweeps".to_owned(), &body.0)?;
    let submit = services.sweeps.submit.clone();
    let submitted =
        services.detached(async move { submit.submit(request, idempotency).await }).await?;
    match &submitted {
        Submitted::Created(job) => created(&req, &services, job).await,
        Submitted::Deduplicated(job) => {
            let mut resource = resource(&services, job).await?;
            resource["deduplicated"] = json!(true);
            Ok(located(HttpResponse::Ok(), job).json(resource))
        }
        Submitted::Replayed(job) => {
            let resource = resource(&services, job).await?;
            let mut response = located(HttpResponse::Ok(), job);
            Ok(response.insert_header(("idempotent-replayed", "true")).json(resource))
        }
    }
}

/// The new sweep, finished if the client waits and it ends in time.
async fn created(
    req: &HttpRequest,
    services: &Services,
    job: &Backtest,
) -> Result<HttpResponse, Problem> {
    if let Some(patience) = preferred_wait(req) {
        let waited =
            services.ended(&services.sweeps.inspect, job.id, patience).await.unwrap_or_default();
        if let Some(job) = waited.filter(|job| job.state.status().is_terminal()) {
            let resource = resource(services, &job).await?;
            let mut response = located(HttpResponse::Ok(), &job);
            response.insert_header(("preference-applied", "wait"));
            return Ok(response.json(resource));
        }
    }
    Ok(located(HttpResponse::Accepted(), job).json(resource(services, job).await?))
}

fn located(mut response: HttpResponseBuilder, job: &Backtest) -> HttpResponseBuilder {
    response.insert_header((header::LOCATION, format!("/api/v1/sweeps/{}", job.id)));
    response
}
