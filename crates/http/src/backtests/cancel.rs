use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use tapedeck_application::Cancelled;

use crate::extract::{backtest_id, requester};
use crate::problem::Problem;
use crate::services::Services;
use crate::wire;

/// `POST /backtests/{id}/cancel`: 202 while it ends, 200 when it has ended.
pub(crate) async fn cancel(
    req: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let (id, requester) = (backtest_id(&req)?, requester(&req)?);
    let cancel = services.cancel.clone();
    let outcome = services.detached(async move { cancel.cancel(id, requester).await }).await?;
    let (mut response, job) = match outcome {
        Cancelled::Ending(job) => (HttpResponse::Accepted(), job),
        Cancelled::Ended(job) => (HttpResponse::Ok(), job),
    };
    Ok(response.json(wire::backtest(&job, services.clock.now())))
}
