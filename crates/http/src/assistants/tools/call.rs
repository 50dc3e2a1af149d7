//! A call whose arguments have been read.

use std::collections::BTreeMap;

use serde_json::Value;
use tapedeck_application::{BacktestRequest, SweepRequest};
use tapedeck_domain::id::{BacktestId, DatasetId, StrategyId};

use super::{Visitor, catalog, results, runs, sweeps};
use crate::problem::Problem;

/// Which rows of a list.
#[derive(Debug)]
pub(super) struct Rows<T> {
    pub(super) limit: usize,
    pub(super) after: Option<T>,
}

/// What is to be done.
#[derive(Debug)]
pub(super) enum Call {
    ListDatasets(Rows<DatasetId>),
    DescribeDataset(DatasetId),
    ListStrategies(Rows<StrategyId>),
    DescribeStrategy(StrategyId, Option<u32>),
    RulesSchema,
    /// With values of their parameters.
    ValidateRules(Value, BTreeMap<String, f64>),
    ListMetricDefinitions,
    SubmitBacktest(Box<BacktestRequest>),
    /// With how long to wait, in milliseconds.
    WaitForBacktest(BacktestId, u64),
    CancelBacktest(BacktestId),
    GetMetrics(BacktestId),
    ListTrades(BacktestId, Rows<usize>),
    /// With how many points.
    GetEquity(BacktestId, usize),
    SubmitSweep(Box<SweepRequest>),
    /// With how long to wait, in milliseconds.
    WaitForSweep(BacktestId, u64),
    ListSweepResults(BacktestId, Rows<usize>),
    CancelSweep(BacktestId),
}

impl Call {
    /// Does it.
    pub(super) async fn run(self, visitor: &Visitor<'_>) -> Result<Value, Problem> {
        let services = visitor.services;
        match self {
            Self::ListDatasets(rows) => catalog::list_datasets(services, rows).await,
            Self::DescribeDataset(id) => catalog::describe_dataset(services, id).await,
            Self::ListStrategies(rows) => catalog::list_strategies(services, rows).await,
            Self::DescribeStrategy(id, version) => {
                catalog::describe_strategy(services, id, version).await
            }
            Self::RulesSchema => Ok(tapedeck_domain::rules::json_schema()),
            Self::ValidateRules(rules, params) => {
                catalog::validate_rules(services, rules, params).await
            }
            Self::ListMetricDefinitions => Ok(crate::definitions::all()),
            Self::SubmitBacktest(request) => runs::submit(services, *request).await,
            Self::WaitForBacktest(id, wait_ms) => runs::wait(services, id, wait_ms).await,
            Self::CancelBacktest(id) => runs::cancel(visitor, id).await,
            Self::GetMetrics(id) => results::metrics(services, id).await,
            Self::ListTrades(id, rows) => results::trades(services, id, rows).await,
            Self::GetEquity(id, points) => results::equity(services, id, points).await,
            Self::SubmitSweep(request) => sweeps::submit(services, *request).await,
            Self::WaitForSweep(id, wait_ms) => sweeps::wait(services, id, wait_ms).await,
            Self::ListSweepResults(id, rows) => sweeps::results(services, id, rows).await,
            Self::CancelSweep(id) => sweeps::cancel(visitor, id).await,
        }
    }
}
