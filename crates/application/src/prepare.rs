//! From a request to a complete specification, or every reason why not.

use std::collections::BTreeMap;
use std::sync::Arc;

use tapedeck_domain::bars::Bars;
use tapedeck_domain::dataset::{Dataset, DatasetRef, Interval, Symbol};
use tapedeck_domain::id::{DatasetId, RequestId, StrategyId};
use tapedeck_domain::job::{Limits, Priority, Submission, Tag};
use tapedeck_domain::number::Capital;
use tapedeck_domain::port::{DatasetCatalog, DatasetStore, StorageError};
use tapedeck_domain::spec::{
    Check, Costs, Direction, Execution, Risk, Sizing, Slippage, Specification,
};
use tapedeck_domain::strategy::{ParamFault, ParamFaultKind, Params, Strategy, StrategyKind};
use tapedeck_domain::time::Timestamp;

use crate::strategies::Strategies;

/// What a client asked for, each value within its own range; whether they fit together, and fit
/// the catalogs and the server, is found out here.
#[derive(Debug, Clone, PartialEq)]
pub struct BacktestRequest {
    /// Which bars.
    pub dataset: DatasetChoice,
    /// First moment; the dataset's first bar when nothing is said.
    pub from: Option<Timestamp>,
    /// Last moment, included; the dataset's last bar when nothing is said.
    pub to: Option<Timestamp>,
    /// Which rules.
    pub strategy_id: StrategyId,
    /// Which version of them; the latest when nothing is said.
    pub strategy_version: Option<u32>,
    /// Parameters that differ from their defaults.
    pub params: BTreeMap<String, f64>,
    /// The source of every stochastic step.
    pub seed: u64,
    /// Money to start with.
    pub capital: Capital,
    /// Which sides.
    pub direction: Direction,
    /// How many units.
    pub sizing: Sizing,
    /// What trading costs.
    pub costs: Costs,
    /// Protective exits.
    pub risk: Risk,
    /// How orders are carried out.
    pub execution: Execution,
    /// What is bought and held for comparison; the dataset of the run when nothing is said.
    pub benchmark: Option<DatasetId>,
    /// What the run checks of itself.
    pub checks: Vec<Check>,
    /// Wall time in milliseconds; at most the server's.
    pub timeout_ms: Option<u64>,
    /// Memory in MiB; at most the server's.
    pub memory_mb: Option<u64>,
    /// Which queue.
    pub priority: Priority,
    /// Words to find it by.
    pub tags: Vec<Tag>,
    /// A run of its own even if an equal one exists.
    pub force_new: bool,
    /// The request that asks.
    pub request_id: RequestId,
}

/// How a request names its bars.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DatasetChoice {
    /// By name.
    Id(DatasetId),
    /// By what was traded and how often.
    Market {
        /// What.
        symbol: Symbol,
        /// Time from bar to bar.
        interval: Interval,
    },
}

/// What the server allows at most.
#[derive(Debug, Clone, Copy)]
pub struct ServerLimits {
    /// Wall time and memory of a run.
    pub run: Limits,
    /// Queued jobs.
    pub queue: u64,
}

/// One fault of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldFault {
    /// JSON pointer into the request.
    pub pointer: String,
    /// What kind of fault.
    pub code: FaultCode,
    /// The same in a sentence.
    pub detail: String,
}

/// What kind of fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultCode {
    /// There is no such field or parameter.
    Unknown,
    /// It must be there.
    Missing,
    /// It is of another type.
    Type,
    /// It is out of its range, or does not fit another field.
    Range,
    /// The dataset has no bars there.
    NotCovered,
}

impl FaultCode {
    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Missing => "missing",
            Self::Type => "type",
            Self::Range => "range",
            Self::NotCovered => "not_covered",
        }
    }
}

/// Why a request cannot become a job.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    /// It is not valid; every fault is listed.
    #[error("the request is not valid")]
    Invalid(Vec<FieldFault>),
    /// The catalog has no such dataset.
    #[error("no such dataset")]
    DatasetNotFound,
    /// The catalog has no such strategy.
    #[error("no such strategy")]
    StrategyNotFound,
    /// A store failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// From a request to a complete specification.
#[derive(Clone)]
pub struct Prepare {
    catalog: Arc<dyn DatasetCatalog>,
    datasets: Arc<dyn DatasetStore>,
    strategies: Strategies,
    limits: ServerLimits,
}

impl Prepare {
    /// Over these ports.
    pub fn new(
        catalog: Arc<dyn DatasetCatalog>,
        datasets: Arc<dyn DatasetStore>,
        strategies: Strategies,
        limits: ServerLimits,
    ) -> Self {
        Self { catalog, datasets, strategies, limits }
    }

    /// Queued jobs beyond which none is accepted.
    pub(crate) const fn queue_limit(&self) -> u64 {
        self.limits.queue
    }

    /// Completes and checks a request. Changes nothing.
    ///
    /// # Errors
    /// See [`PrepareError`].
    pub async fn prepare(&self, request: BacktestRequest) -> Result<Submission, PrepareError> {
        let strategy = self.strategy(&request).await?;
        let params = params(&request, &strategy);
        self.complete(request, &strategy, params).await
    }

    /// The strategy that a request names.
    pub(crate) async fn strategy(
        &self,
        request: &BacktestRequest,
    ) -> Result<Strategy, PrepareError> {
        let chosen = self.strategies.choose(&request.strategy_id, request.strategy_version).await?;
        chosen.ok_or(PrepareError::StrategyNotFound)
    }

    /// The version of the results; part of every input hash.
    pub(crate) fn engine_version(&self) -> &'static str {
        self.strategies.engine_version()
    }

    /// Completes and checks a request whose parameters were looked at before.
    pub(crate) async fn complete(
        &self,
        request: BacktestRequest,
        strategy: &Strategy,
        params: Result<Params, Vec<FieldFault>>,
    ) -> Result<Submission, PrepareError> {
        let dataset = self.dataset(&request.dataset).await?;
        let bars = self.bars(&dataset).await?;
        let range = range(&request, &dataset, &bars);
        let limits = self.limits(&request);
        let execution = execution(&request, &bars);
        let benchmark = self.benchmark(&request, range.as_ref().ok()).await?;
        match (range, params, limits, execution, benchmark) {
            (Ok(range), Ok(params), Ok(limits), Ok(()), Ok(benchmark)) => {
                let fitted = Fitted { range, params, limits, benchmark };
                Ok(self.submission(request, &dataset, strategy, fitted))
            }
            (range, params, limits, execution, benchmark) => {
                let all =
                    [range.err(), params.err(), limits.err(), execution.err(), benchmark.err()];
                Err(PrepareError::Invalid(all.into_iter().flatten().flatten().collect()))
            }
        }
    }

    /// What is bought and held for comparison, if it is another dataset than that of the run.
    async fn benchmark(
        &self,
        request: &BacktestRequest,
        range: Option<&Range>,
    ) -> Result<Result<Option<DatasetRef>, Vec<FieldFault>>, PrepareError> {
        let Some(id) = &request.benchmark else { return Ok(Ok(None)) };
        let fault = |detail: String| {
            let pointer = "/benchmark/dataset_id".to_owned();
            Ok(Err(vec![FieldFault { pointer, code: FaultCode::NotCovered, detail }]))
        };
        let Some(dataset) = self.catalog.find(id).await? else {
            return fault(format!("there is no dataset `{id}`"));
        };
        let bars = self.bars(&dataset).await?;
        let covered =
            range.is_none_or(|range| !bars.view().between(range.from, range.to).is_empty());
        if covered {
            return Ok(Ok(Some(dataset.reference())));
        }
        fault(format!("`{id}` covers {} to {}, nothing of the run", dataset.from, dataset.to))
    }

    async fn dataset(&self, choice: &DatasetChoice) -> Result<Dataset, PrepareError> {
        let found = match choice {
            DatasetChoice::Id(id) => self.catalog.find(id).await?,
            DatasetChoice::Market { symbol, interval } => {
                self.catalog.find_by_symbol(symbol, *interval).await?.into_iter().next()
            }
        };
        found.ok_or(PrepareError::DatasetNotFound)
    }

    async fn bars(&self, dataset: &Dataset) -> Result<Arc<Bars>, StorageError> {
        let bars = self.datasets.open(&dataset.content_hash).await?;
        bars.ok_or_else(|| StorageError::corrupt(format!("the bars of {} are gone", dataset.id)))
    }

    fn limits(&self, request: &BacktestRequest) -> Result<Limits, Vec<FieldFault>> {
        let server = self.limits.run;
        let lowered = |name: &str, asked: Option<u64>, limit: u64| match asked {
            None => Ok(limit),
            Some(asked) if (1..=limit).contains(&asked) => Ok(asked),
            Some(_) => Err(FieldFault {
                pointer: format!("/limits/{name}"),
                code: FaultCode::Range,
                detail: format!("must be from 1 to the server's own limit of {limit}"),
            }),
        };
        let timeout = lowered("timeout_ms", request.timeout_ms, server.timeout_ms);
        let memory = lowered("memory_mb", request.memory_mb, server.memory_mb);
        match (timeout, memory) {
            (Ok(timeout_ms), Ok(memory_mb)) => Ok(Limits { timeout_ms, memory_mb }),
            (timeout, memory) => Err([timeout.err(), memory.err()].into_iter().flatten().collect()),
        }
    }

    fn submission(
        &self,
        request: BacktestRequest,
        dataset: &Dataset,
        strategy: &Strategy,
        Fitted { range, params, limits, benchmark }: Fitted,
    ) -> Submission {
        let summary = strategy.summary(&params);
        let spec = Specification {
            dataset: dataset.reference(),
            from: range.from,
            to: range.to,
            strategy: strategy.reference.clone(),
            rules: match strategy.kind {
                StrategyKind::BuiltIn => None,
                StrategyKind::Rules => strategy.rules.clone(),
            },
            params,
            seed: request.seed,
            capital: request.capital,
            direction: request.direction,
            sizing: request.sizing,
            costs: request.costs,
            risk: request.risk,
            execution: request.execution,
            benchmark,
            checks: request.checks,
        };
        Submission {
            input_hash: spec.input_hash(self.strategies.engine_version()),
            spec,
            sweep: None,
            symbol: dataset.symbol.clone(),
            interval: dataset.interval,
            bars: range.bars,
            summary,
            limits,
            priority: request.priority,
            tags: request.tags,
            force_new: request.force_new,
            request_id: request.request_id,
        }
    }
}

/// What was found to fit a request.
struct Fitted {
    range: Range,
    params: Params,
    limits: Limits,
    benchmark: Option<DatasetRef>,
}

/// Whether the bars and the other fields have what sizes, costs and orders need.
fn execution(request: &BacktestRequest, bars: &Bars) -> Result<(), Vec<FieldFault>> {
    let mut faults = Vec::new();
    let mut fault = |pointer: &str, detail: &str| {
        let (pointer, detail) = (pointer.to_owned(), detail.to_owned());
        faults.push(FieldFault { pointer, code: FaultCode::Range, detail });
    };
    let Risk { stop_loss, trailing_stop, .. } = request.risk;
    let has_stop = stop_loss.is_some() || trailing_stop.is_some();
    if matches!(request.sizing, Sizing::RiskToStop { .. }) && !has_stop {
        fault("/sizing/kind", "`risk_to_stop` needs `risk.stop_loss` or `risk.trailing_stop`");
    }
    if matches!(request.costs.slippage, Slippage::Ticks { .. })
        && request.execution.tick_size.is_none()
    {
        fault("/costs/slippage/kind", "`ticks` needs `execution.tick_size`");
    }
    if matches!(request.costs.slippage, Slippage::KSpread { .. }) && bars.view().quotes.is_none() {
        fault("/costs/slippage/kind", "`k_spread` needs a dataset with quotes, and it has none");
    }
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}

struct Range {
    from: Timestamp,
    to: Timestamp,
    bars: u64,
}

/// The range that was asked for, if the dataset covers it. A bar covers its interval; a moment
/// on the day of the first or last bar counts as covered, since bare dates mean whole days.
fn range(
    request: &BacktestRequest,
    dataset: &Dataset,
    bars: &Bars,
) -> Result<Range, Vec<FieldFault>> {
    let from = request.from.unwrap_or(dataset.from);
    let to = request.to.unwrap_or(dataset.to);
    let end = dataset.to.saturating_add_nanos(dataset.interval.as_nanos() - 1);
    let covered = format!("`{}` covers {} to {}", dataset.id, dataset.from, dataset.to);
    let fault = |pointer: &str, code, detail: String| FieldFault {
        pointer: pointer.to_owned(),
        code,
        detail,
    };
    let mut faults = Vec::new();
    if from < dataset.from && from.utc_day() < dataset.from.utc_day() {
        let detail = format!("{from} is before the first bar; {covered}");
        faults.push(fault("/from", FaultCode::NotCovered, detail));
    }
    if to > end && to.utc_day() > dataset.to.utc_day() {
        let detail = format!("{to} is after the last bar; {covered}");
        faults.push(fault("/to", FaultCode::NotCovered, detail));
    }
    if from > to {
        let detail = format!("`to` must not be before `from`, and {to} is before {from}");
        faults.push(fault("/to", FaultCode::Range, detail));
    }
    let bars = bars.view().between(from, to).len() as u64;
    if faults.is_empty() && bars == 0 {
        let detail = format!("there is no bar from {from} to {to}; {covered}");
        faults.push(fault("/from", FaultCode::NotCovered, detail));
    }
    if faults.is_empty() { Ok(Range { from, to, bars }) } else { Err(faults) }
}

fn params(request: &BacktestRequest, strategy: &Strategy) -> Result<Params, Vec<FieldFault>> {
    checked_params(request, strategy, strategy.params(&request.params))
}

/// The parameters as the strategy found them, if it is there in the version that was asked for.
pub(crate) fn checked_params(
    request: &BacktestRequest,
    strategy: &Strategy,
    params: Result<Params, Vec<ParamFault>>,
) -> Result<Params, Vec<FieldFault>> {
    let mut faults = Vec::new();
    let latest = strategy.reference.version;
    if request.strategy_version.is_some_and(|version| version != latest) {
        faults.push(FieldFault {
            pointer: "/strategy_version".to_owned(),
            code: FaultCode::Range,
            detail: match latest {
                1 => format!("`{}` has version 1", strategy.reference.id),
                latest => format!("`{}` has versions 1 to {latest}", strategy.reference.id),
            },
        });
    }
    match params {
        Ok(params) if faults.is_empty() => return Ok(params),
        Ok(_) => {}
        Err(unusable) => faults.extend(unusable.into_iter().map(param_fault)),
    }
    Err(faults)
}

pub(crate) fn param_fault(fault: ParamFault) -> FieldFault {
    let code = param_code(fault.kind);
    FieldFault { pointer: format!("/params/{}", escaped(&fault.name)), code, detail: fault.detail }
}

pub(crate) const fn param_code(kind: ParamFaultKind) -> FaultCode {
    match kind {
        ParamFaultKind::Unknown => FaultCode::Unknown,
        ParamFaultKind::Type => FaultCode::Type,
        ParamFaultKind::Range => FaultCode::Range,
    }
}

/// A name as a part of a JSON pointer (RFC 6901).
pub(crate) fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}
