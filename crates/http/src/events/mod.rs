//! `/backtests/{id}/events` and `/sweeps/{id}/events`: the log of a job, as it grows or in pages.

mod format;
mod page;
mod stream;

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use tapedeck_application::{EventLog, EventsError};
use tapedeck_domain::id::BacktestId;

use self::format::Format;
use crate::extract::{backtest_id, query, stream_seat, sweep_id};
use crate::faults::OfSweep;
use crate::problem::Problem;
use crate::services::Services;
use crate::sse::last_event_id;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    last_event_id: Option<String>,
    format: Option<String>,
    limit: Option<String>,
    cursor: Option<String>,
    wait: Option<String>,
}

/// A log, as a request asks for it.
struct Asked {
    log: EventLog,
    id: BacktestId,
    refuse: fn(EventsError) -> Problem,
}

/// `GET /backtests/{id}/events`.
pub(crate) async fn of_backtest(
    req: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let id = backtest_id(&req)?;
    let asked = Asked { log: services.events.clone(), id, refuse: Problem::from };
    answer(&req, &services, asked).await
}

/// `GET /sweeps/{id}/events`.
pub(crate) async fn of_sweep(
    req: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let id = sweep_id(&req)?;
    let refuse = |error| Problem::from(OfSweep(error));
    let asked = Asked { log: services.sweeps.events.clone(), id, refuse };
    answer(&req, &services, asked).await
}

async fn answer(
    req: &HttpRequest,
    services: &Services,
    asked: Asked,
) -> Result<HttpResponse, Problem> {
    let query: Query = query(req)?;
    let seen = last_event_id(req, query.last_event_id.as_deref())?.unwrap_or(0);
    // Of a stream nothing of it matters, and nonsense is refused all the same.
    let wanted = page::Wanted::parse(&query)?;
    match Format::negotiate(req, query.format.as_deref())? {
        Format::Stream => stream::answer(stream_seat(req)?, services, asked, seen).await,
        Format::Json => page::answer(req, services, asked, wanted, seen).await,
    }
}
