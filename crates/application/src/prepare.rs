//! From a request to a complete specification, or every reason why not.

mod range;

use std::sync::Arc;
use std::time::Duration;

use tapedeck_domain::bars::Bars;
use tapedeck_domain::dataset::{Dataset, DatasetRef};
use tapedeck_domain::job::{Limits, Submission};
use tapedeck_domain::number::{StopFraction, TargetFraction};
use tapedeck_domain::port::{Clock, DatasetCatalog, DatasetStore, StorageError};
use tapedeck_domain::rules::Resolved;
use tapedeck_domain::spec::{Risk, Sizing, Slippage, Specification};
use tapedeck_domain::strategy::{ParamFault, ParamFaultKind, Params, Strategy, StrategyKind};

use crate::LiveLimits;
use crate::request::{BacktestRequest, DatasetChoice, FaultCode, FieldFault, StrategyChoice};
use crate::strategies::Strategies;
use range::{Range, range, within};

/// What the server allows at most.
#[derive(Debug, Clone, Copy)]
pub struct ServerLimits {
    /// Wall time and memory of a run.
    pub run: Limits,
    /// Queued jobs.
    pub queue: u64,
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
    clock: Arc<dyn Clock>,
    limits: LiveLimits,
}

/// The longest that a job may be put off, in days.
const LONGEST_DELAY: u64 = 366;

impl Prepare {
    /// Over these ports.
    pub fn new(
        catalog: Arc<dyn DatasetCatalog>,
        datasets: Arc<dyn DatasetStore>,
        strategies: Strategies,
        clock: Arc<dyn Clock>,
        limits: LiveLimits,
    ) -> Self {
        Self { catalog, datasets, strategies, clock, limits }
    }

    /// What the server allows at most, at this moment.
    pub fn server_limits(&self) -> ServerLimits {
        self.limits.now()
    }

    /// Completes and checks a request. Changes nothing.
    ///
    /// # Errors
    /// See [`PrepareError`].
    pub async fn prepare(&self, request: BacktestRequest) -> Result<Submission, PrepareError> {
        let strategy = self.strategy(&request.strategy).await?;
        let params = params(&request, &strategy);
        self.complete(request, &strategy, params).await
    }

    /// The version of the results; part of every input hash.
    pub(crate) fn engine_version(&self) -> &'static str {
        self.strategies.engine_version()
    }

    /// Completes and checks a request whose parameters were looked at before.
    pub(crate) async fn complete(
        &self,
        mut request: BacktestRequest,
        strategy: &Strategy,
        params: Result<Params, Vec<FieldFault>>,
    ) -> Result<Submission, PrepareError> {
        let dataset = self.dataset(&request.dataset).await?;
        let bars = self.bars(&dataset).await?;
        let range = range(&request, &dataset, &bars);
        request.risk = risk(request.risk, strategy, params.as_ref().ok());
        let limits = self.limits(&request).and_then(|limits| match &range {
            Ok(range) => within(range, limits, &request),
            Err(_) => Ok(limits),
        });
        let execution = execution(&request, &bars);
        let benchmark = self.benchmark(&request, range.as_ref().ok()).await?;
        let fitting = both(execution, self.schedule(&request));
        match (range, params, limits, fitting, benchmark) {
            (Ok(range), Ok(params), Ok(limits), Ok(()), Ok(benchmark)) => {
                let fitted = Fitted { range, params, limits, benchmark };
                Ok(self.submission(request, &dataset, strategy, fitted))
            }
            (range, params, limits, fitting, benchmark) => {
                let all = [range.err(), params.err(), limits.err(), fitting.err(), benchmark.err()];
                Err(PrepareError::Invalid(all.into_iter().flatten().flatten().collect()))
            }
        }
    }

    /// Whether the start is near enough; one that has passed means at once.
    fn schedule(&self, request: &BacktestRequest) -> Result<(), Vec<FieldFault>> {
        let latest = self.clock.now().plus(Duration::from_secs(LONGEST_DELAY * 86_400));
        if request.not_before.is_none_or(|at| at <= latest) {
            return Ok(());
        }
        let detail = format!("must be at most {LONGEST_DELAY} days ahead, so at most {latest}");
        let pointer = "/not_before".to_owned();
        Err(vec![FieldFault { pointer, code: FaultCode::Range, detail }])
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

    pub(crate) async fn strategy(&self, choice: &StrategyChoice) -> Result<Strategy, PrepareError> {
        match choice {
            StrategyChoice::Named { id, version } => {
                let chosen = self.strategies.choose(id, *version).await?;
                chosen.ok_or(PrepareError::StrategyNotFound)
            }
            StrategyChoice::Inline(rules) => Ok(Strategy::inline((**rules).clone())),
        }
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
        let server = self.limits.now().run;
        let why = if self.limits.are_tight() { ", since `tight_limits` is on" } else { "" };
        Limits::make(|kind| {
            let limit = server.of(kind);
            let asked = request.limits.get(&kind).copied().unwrap_or(limit);
            let fault = || FieldFault {
                pointer: format!("/limits/{}", kind.as_str()),
                code: FaultCode::Range,
                detail: format!("must be from 1 to the server's own limit of {limit}{why}"),
            };
            (1..=limit).contains(&asked).then_some(asked).ok_or_else(fault)
        })
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
                StrategyKind::BuiltIn | StrategyKind::Guest => None,
                StrategyKind::Rules => strategy.rules.clone(),
            },
            guest: strategy.guest.clone(),
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
            trace: request.trace,
            not_before: request.not_before,
            rerun_of: None,
        }
    }
}

/// All faults of two checks.
fn both(
    one: Result<(), Vec<FieldFault>>,
    other: Result<(), Vec<FieldFault>>,
) -> Result<(), Vec<FieldFault>> {
    match (one, other) {
        (Err(faults), Err(more)) => Err([faults, more].concat()),
        (one, other) => one.and(other),
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

/// What was asked for, distance by distance, completed with that of the rules.
fn risk(asked: Risk, strategy: &Strategy, params: Option<&Params>) -> Risk {
    let Some(rules) = &strategy.rules else { return asked };
    // With parameters that cannot be used there will be no run, but faults to be found.
    let resolved = rules.resolve(params.unwrap_or(&rules.defaults()));
    let Ok(Resolved { risk: usual, .. }) = resolved else { return asked };
    let stop = |usual: Option<f64>| usual.and_then(|usual| StopFraction::try_from(usual).ok());
    let target = usual.take_profit.and_then(|usual| TargetFraction::try_from(usual).ok());
    Risk {
        stop_loss: asked.stop_loss.or_else(|| stop(usual.stop_loss)),
        take_profit: asked.take_profit.or(target),
        trailing_stop: asked.trailing_stop.or_else(|| stop(usual.trailing_stop)),
        ..asked
    }
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
    let asked = match &request.strategy {
        StrategyChoice::Named { version, .. } => *version,
        StrategyChoice::Inline(_) => None,
    };
    if asked.is_some_and(|version| version != latest) {
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
