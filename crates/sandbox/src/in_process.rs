use std::sync::Arc;

use async_trait::async_trait;
use tapedeck_domain::bars::{BarView, Bars};
use tapedeck_domain::port::{BacktestRunner, DatasetStore, RunControl, RunError, RunRequest};
use tapedeck_domain::report::Report;
use tapedeck_domain::spec::Specification;
use tapedeck_engine::{Control, simulate};

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
    async fn run(&self, request: RunRequest) -> Result<Report, RunError> {
        let hash = &request.spec.dataset.content_hash;
        let bars =
            self.datasets.open(hash).await.map_err(|error| RunError::Internal(error.into()))?;
        let bars =
            bars.ok_or_else(|| RunError::Data("its bars are not in the store".to_owned()))?;
        let stop_when_dropped = StopOnDrop(Arc::clone(&request.control));
        let work =
            tokio::task::spawn_blocking(move || simulated(&bars, &request.spec, &request.control));
        let report = work.await.map_err(|error| RunError::Internal(error.into()))?;
        drop(stop_when_dropped);
        report
    }
}

/// Simulates over the bars of the range.
pub(crate) fn simulated(
    bars: &Bars,
    spec: &Specification,
    control: &RunControl,
) -> Result<Report, RunError> {
    let range = bars.view().between(spec.from, spec.to);
    let mut control = Watched { control, bars: range };
    simulate(range, spec, &mut control).map_err(|unknown| {
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
