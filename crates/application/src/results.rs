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

/// A run that has ended and left a report, which nobody has read yet.
#[derive(Debug, Clone)]
pub struct Ended {
    /// The job.
    pub job: Backtest,
    /// Names the report; another report has another name.
    pub report: ReportRef,
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
    /// The bars that it ran on are gone.
    #[error("the bars that the backtest ran on are gone")]
    BarsGone,
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

    /// A run that has ended, with whatever it left.
    ///
    /// # Errors
    /// See [`ResultError`].
    pub async fn job(&self, id: BacktestId) -> Result<Backtest, ResultError> {
        let job = self.store.find(id).await?.ok_or(ResultError::NotFound)?;
        if job.state.status().is_terminal() { Ok(job) } else { Err(ResultError::NotReady) }
    }

    /// A run that has ended and left a report.
    ///
    /// # Errors
    /// See [`ResultError`].
    pub async fn ended(&self, id: BacktestId) -> Result<Ended, ResultError> {
        let job = self.job(id).await?;
        let report = job.state.report().cloned().ok_or(ResultError::Nothing)?;
        Ok(Ended { job, report })
    }

    /// The results of a run that has ended.
    ///
    /// # Errors
    /// See [`ResultError`].
    pub async fn open(&self, id: BacktestId) -> Result<Arc<Finished>, ResultError> {
        self.read(self.ended(id).await?).await
    }

    /// The same, of a run that was found before.
    ///
    /// # Errors
    /// See [`ResultError`].
    pub async fn read(&self, ended: Ended) -> Result<Arc<Finished>, ResultError> {
        let Ended { job, report } = ended;
        let id = job.id;
        let shared = self.shared(id);
        if let Some(finished) = shared {
            return Ok(finished);
        }
        let report = self.reports.open(&report).await?.ok_or(ResultError::Nothing)?;
        let hash = &job.submission.spec.dataset.content_hash;
        let bars = self.datasets.open(hash).await?.ok_or(ResultError::BarsGone)?;
        let finished = Arc::new(Finished { job, report, bars, equity: OnceLock::new() });
        self.share(id, &finished);
        Ok(finished)
    }

    /// Everything that is needed to repeat a run that has ended.
    ///
    /// # Errors
    /// See [`ResultError`].
    pub async fn manifest(&self, id: BacktestId) -> Result<Manifest, ResultError> {
        self.manifest_of(&self.ended(id).await?).await
    }

    /// The same, of a run that was found before.
    ///
    /// # Errors
    /// See [`ResultError`].
    pub async fn manifest_of(&self, ended: &Ended) -> Result<Manifest, ResultError> {
        self.reports.manifest(&ended.report).await?.ok_or(ResultError::Nothing)
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
