use std::sync::Arc;

use async_trait::async_trait;
use tapedeck_domain::bars::{BarView, Bars};
use tapedeck_domain::dataset::DatasetRef;
use tapedeck_domain::isolation::{IsolationPolicy, Layer, LayerPolicy, LayerReport};
use tapedeck_domain::port::{
    BacktestRunner, DatasetStore, Isolation, Ran, RunControl, RunError, RunRequest, StorageError,
};
use tapedeck_domain::report::Report;
use tapedeck_domain::spec::Specification;
use tapedeck_engine::{Control, Done, Market, simulate};

/// Simulates on a blocking thread of this process.
pub struct InProcessRunner {
    datasets: Arc<dyn DatasetStore>,
}

impl InProcessRunner {
    /// Takes bars from `datasets`.
    pub fn new(datasets: Arc<dyn DatasetStore>) -> Self {
        Self { datasets }
    }
}

#[async_trait]
impl BacktestRunner for InProcessRunner {
    async fn run(&self, request: RunRequest) -> Result<Ran, RunError> {
        let (bars, benchmark) = open(self.datasets.as_ref(), &request.spec).await?;
        let stop_when_dropped = StopOnDrop(Arc::clone(&request.control));
        let work = tokio::task::spawn_blocking(move || {
            simulated(&bars, benchmark.as_deref(), &request.spec, &request.control)
        });
        let report = work.await.map_err(|error| RunError::Internal(error.into()))?;
        drop(stop_when_dropped);
        report.map(Ran::from)
    }
}

/// A run of this process has nothing around it that the process has not.
#[async_trait]
impl Isolation for InProcessRunner {
    fn policy(&self) -> IsolationPolicy {
        IsolationPolicy::same(LayerPolicy::Preferred)
    }

    async fn layers(&self) -> Result<Vec<LayerReport>, RunError> {
        let detail = "runs are part of the server's own process";
        let report = |layer| LayerReport { layer, enforced: false, detail: detail.to_owned() };
        Ok(Layer::ALL.into_iter().map(report).collect())
    }
}

/// Simulates over the bars of the range.
fn simulated(
    bars: &Bars,
    benchmark: Option<&Bars>,
    spec: &Specification,
    control: &RunControl,
) -> Result<Report, RunError> {
    let market = market(bars, benchmark, spec);
    built_in(market, spec, &mut Watched { control, bars: market.bars })
}

/// Simulates what the engine itself knows.
pub(crate) fn built_in(
    market: Market<'_>,
    spec: &Specification,
    control: &mut dyn Control,
) -> Result<Report, RunError> {
    simulate(market, spec, control).map_err(|unknown| {
        let reference = unknown.0;
        RunError::Strategy(format!("no version {} of {}", reference.version, reference.id))
    })
}

/// The bars of a run, and those of its benchmark.
pub(crate) async fn open(
    datasets: &dyn DatasetStore,
    spec: &Specification,
) -> Result<(Arc<Bars>, Option<Arc<Bars>>), RunError> {
    let bars = bars(datasets, &spec.dataset).await?;
    let benchmark = match &spec.benchmark {
        Some(benchmark) => Some(self::bars(datasets, benchmark).await?),
        None => None,
    };
    Ok((bars, benchmark))
}

async fn bars(datasets: &dyn DatasetStore, dataset: &DatasetRef) -> Result<Arc<Bars>, RunError> {
    let opened = datasets.open(&dataset.content_hash).await;
    let bars = opened.map_err(unreadable)?;
    bars.ok_or_else(|| RunError::Data("its bars are not in the store".to_owned()))
}

/// A store that does not answer may do so later; bars that are broken stay so.
pub(crate) fn unreadable(error: StorageError) -> RunError {
    match error {
        StorageError::Unavailable(_) | StorageError::Full { .. } => RunError::Unavailable(error),
        StorageError::Corrupt { .. } => RunError::Internal(error.into()),
    }
}

/// The bars of the range of a run, with those of its benchmark over the same time.
pub(crate) fn market<'a>(
    bars: &'a Bars,
    benchmark: Option<&'a Bars>,
    spec: &Specification,
) -> Market<'a> {
    let range = |bars: &'a Bars| bars.view().between(spec.from, spec.to);
    Market { bars: range(bars), benchmark: benchmark.map(range) }
}

struct Watched<'a> {
    control: &'a RunControl,
    bars: BarView<'a>,
}

impl Control for Watched<'_> {
    fn go_on(&mut self, done: Done) -> bool {
        self.control.advance(done.bars as u64, self.bars.timestamp(done.bars));
        !self.control.is_stopped()
    }

    fn still_wanted(&mut self) -> bool {
        !self.control.is_stopped()
    }
}

/// A blocking thread cannot be cancelled, so it is told.
pub(crate) struct StopOnDrop(pub(crate) Arc<RunControl>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.stop();
    }
}
