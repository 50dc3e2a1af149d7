//! Backtests: to submit one, to wait for it, to end it.

use std::time::Duration;

use serde_json::{Value, json};
use tapedeck_application::{BacktestRequest, Cancelled};
use tapedeck_domain::id::BacktestId;
use tapedeck_domain::port::Submitted;

use super::Visitor;
use crate::problem::{Code, Problem};
use crate::services::Services;
use crate::wire;

pub(super) async fn submit(
    services: &Services,
    request: BacktestRequest,
) -> Result<Value, Problem> {
    let submit = services.submit.clone();
    let submitted = services.detached(async move { submit.submit(request, None).await }).await?;
    let (job, deduplicated) = match &submitted {
        Submitted::Created(job) | Submitted::Replayed(job) => (job, false),
        Submitted::Deduplicated(job) => (job, true),
    };
    let mut resource = wire::backtest(job, services.clock.now());
    resource["deduplicated"] = json!(deduplicated);
    Ok(resource)
}

pub(super) async fn wait(
    services: &Services,
    id: BacktestId,
    wait_ms: u64,
) -> Result<Value, Problem> {
    let patience = Duration::from_millis(wait_ms);
    let found = services.ended(&services.inspect, id, patience).await?;
    let job =
        found.ok_or_else(|| Problem::new(Code::BacktestNotFound, "no backtest has this id"))?;
    let ended = job.state.status().is_terminal();
    Ok(json!({"ended": ended, "backtest": wire::backtest(&job, services.clock.now())}))
}

pub(super) async fn cancel(visitor: &Visitor<'_>, id: BacktestId) -> Result<Value, Problem> {
    let (services, requester) = (visitor.services, visitor.requester.clone());
    let cancel = services.cancel.clone();
    let outcome = services.detached(async move { cancel.cancel(id, requester).await }).await?;
    let (Cancelled::Ending(job) | Cancelled::Ended(job)) = outcome;
    let ended = job.state.status().is_terminal();
    Ok(json!({"ended": ended, "backtest": wire::backtest(&job, services.clock.now())}))
}
