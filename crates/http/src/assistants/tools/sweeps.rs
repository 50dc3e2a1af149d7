//! Sweeps: to submit one, to wait for it, to read its rows, to end it.

use std::time::Duration;

use serde_json::{Value, json};
use tapedeck_application::{Cancelled, SweepRequest};
use tapedeck_domain::id::BacktestId;
use tapedeck_domain::port::Submitted;

use super::Visitor;
use super::bounds::page;
use super::call::Rows;
use crate::faults::OfSweep;
use crate::paging::cursor;
use crate::problem::{Code, Problem};
use crate::services::Services;
use crate::sweeps::{best_first, resource};
use crate::wire;

pub(super) async fn submit(services: &Services, request: SweepRequest) -> Result<Value, Problem> {
    let submit = services.sweeps.submit.clone();
    let submitted = services.detached(async move { submit.submit(request, None).await }).await?;
    let (job, deduplicated) = match &submitted {
        Submitted::Created(job) | Submitted::Replayed(job) => (job, false),
        Submitted::Deduplicated(job) => (job, true),
    };
    let mut sweep = resource(services, job).await?;
    sweep["deduplicated"] = json!(deduplicated);
    Ok(sweep)
}

pub(super) async fn wait(
    services: &Services,
    id: BacktestId,
    wait_ms: u64,
) -> Result<Value, Problem> {
    let patience = Duration::from_millis(wait_ms);
    let found = services.ended(&services.sweeps.inspect, id, patience).await?;
    let job = found.ok_or_else(|| Problem::new(Code::NotFound, "no sweep has this id"))?;
    let ended = job.state.status().is_terminal();
    Ok(json!({"ended": ended, "sweep": resource(services, &job).await?}))
}

pub(super) async fn results(
    services: &Services,
    id: BacktestId,
    wanted: Rows<usize>,
) -> Result<Value, Problem> {
    let results = services.sweeps.results.clone();
    let sweep = services.read(async move { results.open(id).await }).await?;
    services
        .blocking(move || {
            let rows = best_first(&sweep);
            let start = wanted.after.unwrap_or(0).min(rows.len());
            let end = rows.len().min(start.saturating_add(wanted.limit));
            let placed =
                (start..end).map(|i| (wire::sweep_row(rows[i]), cursor(&(i + 1).to_string())));
            let mut answer = page(placed, end < rows.len());
            answer["total"] = json!(rows.len());
            answer["trials"] = json!(sweep.report.rows.len());
            if sweep.is_partial() {
                answer["partial"] = json!(true);
            }
            answer
        })
        .await
}

pub(super) async fn cancel(visitor: &Visitor<'_>, id: BacktestId) -> Result<Value, Problem> {
    let (services, requester) = (visitor.services, visitor.requester.clone());
    let cancel = services.sweeps.cancel.clone();
    let work = async move { cancel.cancel(id, requester).await.map_err(OfSweep) };
    let (Cancelled::Ending(job) | Cancelled::Ended(job)) = services.detached(work).await?;
    let ended = job.state.status().is_terminal();
    Ok(json!({"ended": ended, "sweep": resource(services, &job).await?}))
}
