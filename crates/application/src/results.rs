//! What finished backtests left behind.

use std::collections::HashMap;
use std::ops::{Range, RangeInclusive};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use tapedeck_domain::bars::{BarView, Bars};
use tapedeck_domain::id::BacktestId;
use tapedeck_domain::job::{Backtest, ReportRef, Status};
use tapedeck_domain::manifest::Manifest;
use tapedeck_domain::port::{DatasetStore, JobStore, ReportStore, StorageError};
use tapedeck_domain::portfolio::EquityCurve;
use tapedeck_domain::report::Report;

/// What finished backtests left behind.
#[derive(Clone)]
pub struct Results {
    store: Arc<dyn JobStore>,
    reports: Arc<dyn ReportStore>,
    datasets: Arc<dyn DatasetStore>,
    /// Reports that somebody is looking at just now: a run is decoded once for all its viewers.
    open: Arc<Mutex<HashMap<BacktestId, Weak<Finished>>>>,
}

/// A run that has ended, with its report and its bars.
#[derive(Debug)]
pub struct Finished {
    /// The job.
    pub job: Backtest,
    /// Its report, whole or partial.
    pub report: Report,
    bars: Arc<Bars>,
    equity: OnceLock<EquityCurve>,
}

impl Finished {
    /// The bars that were simulated.
    pub fn bars(&self) -> BarView<'_> {
        let spec = &self.job.submission.spec;
        self.bars.view().between(spec.from, spec.to).first(self.report.bars_done)
    }

    /// The account at each close. The first call takes time in proportion to the bars.
    pub fn equity(&self) -> &EquityCurve {
        self.equity.get_or_init(|| {
            EquityCurve::replay(self.bars(), self.job.submission.spec.capital, &self.report.fills)
        })
    }

    /// The orders that were placed in these bars.
    pub fn orders_of(&self, bars: &RangeInclusive<usize>) -> Range<usize> {
        let orders = &self.report.orders;
        let start = orders.partition_point(|order| order.bar < *bars.start());
        start..orders.partition_point(|order| order.bar <= *bars.end())
    }

    /// The fills that happened in these bars.
    pub fn fills_of(&self, bars: &RangeInclusive<usize>) -> Range<usize> {
        let fills = &self.report.fills;
        let start = fills.partition_point(|fill| fill.bar < *bars.start());
        start..fills.partition_point(|fill| fill.bar <= *bars.end())
    }

    /// Whether the run ended before its last bar.
    pub fn is_partial(&self) -> bool {
        self.job.state.status() != Status::Succeeded
    }
}

/// Why there is nothing to show.
#[derive(Debug, thiserror::Error)]
pub enum ResultError {
    /// There is no such backtest.
    #[error("no such backtest")]
    NotFound,
    /// It has not ended.
    #[error("the backtest has not ended")]
    NotReady,
    /// It ended without leaving anything.
    #[error("the backtest left no results")]
    Nothing,
    /// A store failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl Results {
    /// Over these ports.
    pub fn new(
        store: Arc<dyn JobStore>,
        reports: Arc<dyn ReportStore>,
        datasets: Arc<dyn DatasetStore>,
    ) -> Self {
        Self { store, reports, datasets, open: Arc::default() }
    }

    /// The results of a run that has ended.
    ///
    /// # Errors
    /// See [`ResultError`].
    pub async fn open(&self, id: BacktestId) -> Result<Arc<Finished>, ResultError> {
        let (job, reference) = self.ended(id).await?;
        let shared = self.shared(id);
        if let Some(finished) = shared {
            return Ok(finished);
        }
        let report = self.reports.open(&reference).await?.ok_or(ResultError::Nothing)?;
        let hash = &job.submission.spec.dataset.content_hash;
        let bars = self.datasets.open(hash).await?.ok_or(ResultError::Nothing)?;
        let finished = Arc::new(Finished { job, report, bars, equity: OnceLock::new() });
        self.share(id, &finished);
        Ok(finished)
    }

    /// Everything that is needed to repeat a run that has ended.
    ///
    /// # Errors
    /// See [`ResultError`].
    pub async fn manifest(&self, id: BacktestId) -> Result<Manifest, ResultError> {
        let (_, reference) = self.ended(id).await?;
        self.reports.manifest(&reference).await?.ok_or(ResultError::Nothing)
    }

    async fn ended(&self, id: BacktestId) -> Result<(Backtest, ReportRef), ResultError> {
        let job = self.store.find(id).await?.ok_or(ResultError::NotFound)?;
        if !job.state.status().is_terminal() {
            return Err(ResultError::NotReady);
        }
        let reference = job.state.report().cloned().ok_or(ResultError::Nothing)?;
        Ok((job, reference))
    }

    fn shared(&self, id: BacktestId) -> Option<Arc<Finished>> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|_, finished| finished.strong_count() > 0);
        open.get(&id)?.upgrade()
    }

    fn share(&self, id: BacktestId, finished: &Arc<Finished>) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.insert(id, Arc::downgrade(finished));
    }
}
