use std::time::Duration;

use actix_web::http::header;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use tapedeck_domain::actor::Actor;
use tapedeck_domain::job::Backtest;
use tapedeck_domain::port::{Idempotency, Submitted};

use crate::extract::{JsonBytes, actor, request_id, trace};
use crate::problem::Problem;
use crate::services::Services;
use crate::wire::{self, parse_backtest};

/// Longest that a request may ask to wait.
const MAX_WAIT: u64 = 60;

/// `POST /backtests`: 202 with a new run, or 200 with an old one that is the same.
pub(crate) async fn create(
    req: HttpRequest,
    services: Data<Services>,
    body: JsonBytes,
) -> Result<HttpResponse, Problem> {
    let mut request = parse_backtest(&body.0, request_id(&req)?)?;
    request.trace = trace(&req);
    let idempotency = idempotency(&req, "POST /backtests".to_owned(), &body.0)?;
    let submit = services.submit.clone();
    let submitted =
        services.detached(async move { submit.submit(request, idempotency).await }).await?;
    answer(&req, &services, &submitted).await
}

/// 202 with a new run, or 200 with an old one.
pub(super) async fn answer(
    req: &HttpRequest,
    services: &Services,
    submitted: &Submitted,
) -> Result<HttpResponse, Problem> {
    match submitted {
        Submitted::Created(job) => created(req, services, job).await,
        Submitted::Deduplicated(job) => {
            let mut resource = wire::backtest(job, services.clock.now());
            resource["deduplicated"] = json!(true);
            Ok(located(HttpResponse::Ok(), job).json(resource))
        }
        Submitted::Replayed(job) => {
            let resource = wire::backtest(job, services.clock.now());
            let mut response = located(HttpResponse::Ok(), job);
            Ok(response.insert_header(("idempotent-replayed", "true")).json(resource))
        }
    }
}

/// The new run, finished if the client waits and it ends in time.
async fn created(
    req: &HttpRequest,
    services: &Services,
    job: &Backtest,
) -> Result<HttpResponse, Problem> {
    if let Some(patience) = preferred_wait(req) {
        // It is queued, and that is said even if nobody can tell how it goes on.
        let waited = services.ended(&services.inspect, job.id, patience).await.unwrap_or_default();
        if let Some(job) = waited.filter(|job| job.state.status().is_terminal()) {
            let resource = wire::backtest(&job, services.clock.now());
            let mut response = located(HttpResponse::Ok(), &job);
            response.insert_header(("preference-applied", "wait"));
            return Ok(response.json(resource));
        }
    }
    let resource = wire::backtest(job, services.clock.now());
    Ok(located(HttpResponse::Accepted(), job).json(resource))
}

fn located(mut response: HttpResponseBuilder, job: &Backtest) -> HttpResponseBuilder {
    response.insert_header((header::LOCATION, format!("/api/v1/backtests/{}", job.id)));
    response
}

/// `Prefer: wait=SECONDS` of RFC 7240; what cannot be read is ignored, as it says.
pub(crate) fn preferred_wait(req: &HttpRequest) -> Option<Duration> {
    let values = req.headers().get_all("prefer").filter_map(|value| value.to_str().ok());
    let mut preferences = values.flat_map(|value| value.split([',', ';']));
    let seconds = preferences.find_map(|part| part.trim().strip_prefix("wait=")?.parse().ok())?;
    Some(Duration::from_secs(MAX_WAIT.min(seconds)))
}

/// What the client said to tell a repeated request of this scope.
pub(crate) fn idempotency(
    req: &HttpRequest,
    scope: String,
    body: &[u8],
) -> Result<Option<Idempotency>, Problem> {
    let Some(value) = req.headers().get("idempotency-key") else { return Ok(None) };
    let key = value.to_str().ok().and_then(|text| text.parse().ok());
    let key = key.ok_or_else(|| {
        let detail = "must be 1 to 255 visible ASCII characters";
        Problem::invalid("header:Idempotency-Key", "range", detail)
    })?;
    let scope = match actor(req) {
        // Clients with other keys do not see each other's.
        actor if actor == Actor::anonymous() => scope,
        actor => format!("{actor} {scope}"),
    };
    let body_hash = hex::encode(Sha256::digest(body));
    Ok(Some(Idempotency { scope, key, body_hash }))
}
