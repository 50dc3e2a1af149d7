//! What a job leaves behind, in what matters to how it ends.

use async_trait::async_trait;
use tapedeck_domain::id::BacktestId;
use tapedeck_domain::job::{Failure, FailureReason, Headline, ReportRef, Usage};
use tapedeck_domain::manifest::Manifest;
use tapedeck_domain::port::{BrokeOff, StorageError};
use tapedeck_domain::report::Report;
use tapedeck_domain::sweep::SweepReport;

use super::RunOne;

/// What a job leaves behind.
#[async_trait]
pub(super) trait Artifact: Send + Sync {
    /// Whether all that was asked for was done.
    fn is_complete(&self) -> bool;

    /// Whether there is nothing worth keeping.
    fn is_empty(&self) -> bool;

    /// Why it is not what it was to be, if the work broke off by itself.
    fn failure(&self) -> Option<Failure>;

    /// What the work used, where that was measured.
    fn usage(&self) -> Option<Usage>;

    /// The figures that a list shows.
    fn headline(&self) -> Option<Headline>;

    /// Keeps it.
    async fn put(&self, run: &RunOne, id: BacktestId) -> Result<ReportRef, StorageError>;
}

/// A report with its manifest, which is made once and not at every try to keep it.
pub(super) struct Backtested {
    pub(super) manifest: Manifest,
    pub(super) report: Report,
    pub(super) broke_off: Option<BrokeOff>,
    pub(super) usage: Usage,
}

#[async_trait]
impl Artifact for Backtested {
    fn is_complete(&self) -> bool {
        self.report.is_complete()
    }

    fn is_empty(&self) -> bool {
        self.report.bars_done == 0
    }

    fn failure(&self) -> Option<Failure> {
        let failure = match self.broke_off.clone()? {
            BrokeOff::Limit(exceeded) => Failure::from(exceeded),
            BrokeOff::Strategy(detail) => Failure::new(FailureReason::StrategyError, detail),
        };
        Some(Failure { usage: self.usage(), ..failure })
    }

    fn usage(&self) -> Option<Usage> {
        self.usage.measured()
    }

    fn headline(&self) -> Option<Headline> {
        self.report.metrics.as_ref().map(Headline::from)
    }

    async fn put(&self, run: &RunOne, id: BacktestId) -> Result<ReportRef, StorageError> {
        run.reports.put(id, &self.manifest, &self.report).await
    }
}

#[async_trait]
impl Artifact for SweepReport {
    fn is_complete(&self) -> bool {
        self.is_complete()
    }

    fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    fn failure(&self) -> Option<Failure> {
        None
    }

    fn usage(&self) -> Option<Usage> {
        None
    }

    /// That of the best combination.
    fn headline(&self) -> Option<Headline> {
        self.summary().best.map(|best| best.metrics)
    }

    async fn put(&self, run: &RunOne, id: BacktestId) -> Result<ReportRef, StorageError> {
        run.sweeps.put(id, self).await
    }
}
