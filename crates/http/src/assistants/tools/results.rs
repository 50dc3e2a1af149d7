//! What a backtest left behind.

use std::sync::Arc;

use serde_json::{Value, json};
use tapedeck_application::{Finished, ResultError};
use tapedeck_domain::flag::Flag;
use tapedeck_domain::id::BacktestId;

use super::bounds::page;
use super::call::Rows;
use crate::backtests::{equity_body, metrics_body};
use crate::paging::cursor;
use crate::problem::Problem;
use crate::render::items;
use crate::services::Services;
use crate::wire::rows;

pub(super) async fn metrics(services: &Services, id: BacktestId) -> Result<Value, Problem> {
    let envelope = services.flags.is_on(Flag::ExecutionEnvelope);
    metrics_body(&*finished(services, id).await?, envelope)
}

pub(super) async fn trades(
    services: &Services,
    id: BacktestId,
    wanted: Rows<usize>,
) -> Result<Value, Problem> {
    let run = finished(services, id).await?;
    services.blocking(move || trades_page(&run, &wanted)).await
}

fn trades_page(run: &Finished, wanted: &Rows<usize>) -> Value {
    let total = run.report.trades.len();
    let start = wanted.after.unwrap_or(0).min(total);
    let end = total.min(start.saturating_add(wanted.limit));
    let indexes: Vec<usize> = (start..end).collect();
    let trades = items(&rows::trades(run, &indexes)).into_iter();
    let placed = trades.zip(indexes).map(|(trade, i)| (trade, cursor(&(i + 1).to_string())));
    let mut answer = page(placed, end < total);
    answer["total"] = json!(total);
    if run.is_partial() {
        answer["partial"] = json!(true);
    }
    answer
}

pub(super) async fn equity(
    services: &Services,
    id: BacktestId,
    points: usize,
) -> Result<Value, Problem> {
    let run = finished(services, id).await?;
    services.blocking(move || equity_body(&run, Some(points))).await
}

async fn finished(services: &Services, id: BacktestId) -> Result<Arc<Finished>, Problem> {
    let results = services.results.clone();
    let read = async move {
        let ended = results.ended(id).await?;
        results.read(ended).await
    };
    services.read::<_, ResultError>(read).await
}
