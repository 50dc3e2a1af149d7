//! Health paths: for probes and people, never behind a key.

use actix_web::web::Data;
use actix_web::{HttpResponse, Responder};
use serde::Serialize;
use serde_json::{Map, Value, json};
use tapedeck_application::{Check, ServerState};
use tapedeck_domain::port::ProbeStatus;

use crate::problem::Problem;
use crate::services::Services;

#[derive(Serialize)]
struct Live {
    status: &'static str,
}

/// `GET /healthz`, `GET /api/health/live`: 200 while the process serves.
pub(crate) async fn live() -> impl Responder {
    HttpResponse::Ok().json(Live { status: "ok" })
}

/// `GET /api/health`: whether the database answers.
pub(crate) async fn health(services: Data<Services>) -> Result<HttpResponse, Problem> {
    let readiness = services.readiness.clone();
    // Apart from this handler: a connection that a probe opens lives as long as its runtime.
    let look = async move { Ok::<_, Problem>(readiness.named("database").await) };
    let database = services.read(look).await?;
    let up = database.is_some_and(|check| match check.probe.status {
        ProbeStatus::Up | ProbeStatus::Degraded => true,
        ProbeStatus::Down | ProbeStatus::NotConfigured => false,
    });
    let (status, database) = if up { ("ok", "connected") } else { ("degraded", "unreachable") };
    let timestamp = services.clock.now().to_string();
    let body = json!({"status": status, "database": database, "timestamp": timestamp});
    Ok(answer(up, &body))
}

/// `GET /api/health/ready`: whether everything that is configured answers.
pub(crate) async fn ready(services: Data<Services>) -> Result<HttpResponse, Problem> {
    let readiness = services.readiness.clone();
    let look = async move { Ok::<_, Problem>(readiness.checks().await) };
    let checks = services.read(look).await?;
    let draining = services.stop.is_cancelled();
    let state = ServerState::of(&checks, draining);
    let ready = state.is_ready();
    let named: Map<String, Value> =
        checks.iter().map(|check| (check.name.to_owned(), wire(check))).collect();
    let body = json!({
        "ready": ready,
        "status": if ready { "ready" } else { "not_ready" },
        "state": state.as_str(),
        "draining": draining,
        "timestamp": services.clock.now().to_string(),
        "checks": named,
    });
    Ok(answer(ready, &body))
}

fn answer(up: bool, body: &Value) -> HttpResponse {
    if up { HttpResponse::Ok().json(body) } else { HttpResponse::ServiceUnavailable().json(body) }
}

fn wire(check: &Check) -> Value {
    let status = match check.probe.status {
        ProbeStatus::Up | ProbeStatus::Degraded => "up",
        ProbeStatus::Down => "down",
        ProbeStatus::NotConfigured => "not_configured",
    };
    let mut wire = json!({"status": status});
    if check.probe.status != ProbeStatus::NotConfigured {
        wire["latency_ms"] = json!(u64::try_from(check.latency.as_millis()).unwrap_or(u64::MAX));
    }
    if check.probe.status == ProbeStatus::Degraded {
        wire["degraded"] = json!(true);
    }
    if let Some(detail) = &check.probe.detail {
        wire["detail"] = json!(detail);
    }
    wire
}
