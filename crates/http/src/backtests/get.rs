use std::time::Duration;

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;

use crate::extract::{backtest_id, query};
use crate::problem::{Code, Problem};
use crate::services::Services;
use crate::wire;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    wait: Option<u64>,
}

/// Longest that a request may wait, in seconds.
const MAX_WAIT: u64 = 60;

/// `GET /backtests/{id}`; `?wait=30` answers when the run has ended, or after so many seconds.
pub(crate) async fn get(
    req: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let id = backtest_id(&req)?;
    let job = services.ended(&services.inspect, id, patience(&req)?).await?;
    let job = job.ok_or_else(|| Problem::new(Code::BacktestNotFound, "no backtest has this id"))?;
    Ok(HttpResponse::Ok().json(wire::backtest(&job, services.clock.now())))
}

/// How long the client would wait for the end.
pub(crate) fn patience(req: &HttpRequest) -> Result<Duration, Problem> {
    let wait = query::<Query>(req)?.wait.unwrap_or(0);
    if wait > MAX_WAIT {
        return Err(Problem::invalid("query:wait", "range", "must be from 0 to 60 seconds"));
    }
    Ok(Duration::from_secs(wait))
}
