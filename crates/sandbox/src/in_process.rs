use std::sync::Arc;

use async_trait::async_trait;
use tapedeck_domain::bars::{BarView, Bars};
use tapedeck_domain::dataset::DatasetRef;
use tapedeck_domain::port::{BacktestRunner, DatasetStore, RunControl, RunError, RunRequest};
use tapedeck_domain::report::Report;
use tapedeck_domain::spec::Specification;
use tapedeck_engine::{Control, Market, simulate};

/// Simulates on a blocking thread of this process.
pub struct InProcessRunner {
    datasets: Arc<dyn DatasetStore>,
}

impl InProcessRunner {
    /// Takes bars from `datasets`.
    pub fn new(datasets: Arc<dyn DatasetStore>) -> Self {
        Self { datasets }
    }

    async fn open(&self, dataset: &DatasetRef) -> Result<Arc<Bars>, RunError> {
        let opened = self.datasets.open(&dataset.content_hash).await;
        let bars = opened.map_err(|error| RunError::Internal(error.into()))?;
        bars.ok_or_else(|| RunError::Data("its bars are not in the store".to_owned()))
    }
}

#[async_trait]
impl BacktestRunner for InProcessRunner {
    async fn run(&self, request: RunRequest) -> Result<Report, RunError> {
        let bars = self.open(&request.spec.dataset).await?;
        let benchmark = match &request.spec.benchmark {
            Some(benchmark) => Some(self.open(benchmark).await?),
            None => None,
        };
        let stop_when_dropped = StopOnDrop(Arc::clone(&request.control));
        let work =
            tokio::task::spawn_blocking(move || simulated(&bars, benchmark.as_deref(), &request));
        let report = work.await.map_err(|error| RunError::Internal(error.into()))?;
        drop(stop_when_dropped);
        report
    }
}

fn simulated(
    bars: &Bars,
    benchmark: Option<&Bars>,
    request: &RunRequest,
) -> Result<Report, RunError> {
    let Specification { from, to, .. } = request.spec;
    let range = bars.view().between(from, to);
    let benchmark = benchmark.map(|bars| bars.view().between(from, to));
    let mut control = Watched { control: &request.control, bars: range };
    simulate(Market { bars: range, benchmark }, &request.spec, &mut control).map_err(|unknown| {
        let reference = unknown.0;
        RunError::Strategy(format!("no version {} of {}", reference.version, reference.id))
    })
}

struct Watched<'a> {
    control: &'a RunControl,
    bars: BarView<'a>,
}

impl Control for Watched<'_> {
    fn go_on(&mut self, bars_done: usize) -> bool {
        self.control.advance(bars_done as u64, self.bars.timestamp(bars_done));
        !self.control.is_stopped()
    }
}

/// A blocking thread cannot be cancelled, so it is told.
struct StopOnDrop(Arc<RunControl>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.stop();
    }
}
