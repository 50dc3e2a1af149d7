//! What backtests are made of: datasets, strategies and rules.

use std::collections::BTreeMap;

use serde_json::Value;
use tapedeck_application::Strategies;
use tapedeck_domain::id::{DatasetId, StrategyId};

use super::bounds::page;
use super::call::Rows;
use crate::datasets;
use crate::paging::cursor;
use crate::problem::Problem;
use crate::services::Services;
use crate::wire::{self, Refusal};

pub(super) async fn list_datasets(
    services: &Services,
    rows: Rows<DatasetId>,
) -> Result<Value, Problem> {
    let (datasets, Rows { limit, after }) = (services.datasets.clone(), rows);
    // One more than asked for tells whether there is a next page.
    let found =
        services.read(async move { datasets.list(after.as_ref(), limit + 1).await }).await?;
    let more = found.len() > limit;
    let rows = found.iter().take(limit);
    Ok(page(rows.map(|dataset| (datasets::wire(dataset), cursor(dataset.id.as_str()))), more))
}

pub(super) async fn describe_dataset(services: &Services, id: DatasetId) -> Result<Value, Problem> {
    let datasets = services.datasets.clone();
    let found = services.read(async move { datasets.find(&id).await }).await?;
    let found = found.ok_or(Refusal::DatasetNotFound)?;
    Ok(datasets::wire(&found))
}

pub(super) async fn list_strategies(
    services: &Services,
    rows: Rows<StrategyId>,
) -> Result<Value, Problem> {
    let (strategies, Rows { limit, after }) = (services.strategies.clone(), rows);
    let views =
        services.read(async move { strategies.list(after.as_ref(), limit + 1).await }).await?;
    let more = views.items.len() > limit;
    let rows = views.items.iter().take(limit).map(|view| {
        let mut strategy = wire::strategy(view);
        if let Some(members) = strategy.as_object_mut() {
            // `describe_strategy` has them.
            members.remove("definition");
            members.remove("content_hash");
        }
        (strategy, cursor(&view.strategy.reference.id.to_string()))
    });
    Ok(page(rows, more))
}

pub(super) async fn describe_strategy(
    services: &Services,
    id: StrategyId,
    version: Option<u32>,
) -> Result<Value, Problem> {
    let strategies = services.strategies.clone();
    let found = services.read(async move { strategies.find(&id, version).await }).await?;
    Ok(wire::strategy(&found))
}

pub(super) async fn validate_rules(
    services: &Services,
    definition: Value,
    params: BTreeMap<String, f64>,
) -> Result<Value, Problem> {
    let found = services.blocking(move || Strategies::check(&definition, &params)).await?;
    Ok(wire::rules_check(found))
}
