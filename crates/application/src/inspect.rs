//! Look at backtests, one or many, and wait for one to end.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::{Either, select};
use tapedeck_domain::id::BacktestId;
use tapedeck_domain::job::Backtest;
use tapedeck_domain::port::{
    Clock, JobCatalog, JobFeed, JobFilter, JobStore, Page, Signals, StorageError,
};

/// Look at backtests.
#[derive(Clone)]
pub struct Inspect {
    store: Arc<dyn JobStore>,
    catalog: Arc<dyn JobCatalog>,
    pub(crate) feed: Arc<dyn JobFeed>,
    pub(crate) clock: Arc<dyn Clock>,
}

/// Changes by other processes may not be signalled, so who waits looks this often, too.
pub(crate) const POLL: Duration = Duration::from_secs(1);

impl Inspect {
    /// Over these ports.
    pub fn new(
        store: Arc<dyn JobStore>,
        catalog: Arc<dyn JobCatalog>,
        feed: Arc<dyn JobFeed>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { store, catalog, feed, clock }
    }

    /// One backtest.
    ///
    /// # Errors
    /// The store failed.
    pub async fn find(&self, id: BacktestId) -> Result<Option<Backtest>, StorageError> {
        self.store.find(id).await
    }

    /// Those that match, newest first.
    ///
    /// # Errors
    /// The store failed.
    pub async fn list(&self, filter: JobFilter, page: Page) -> Result<Vec<Backtest>, StorageError> {
        self.catalog.list(filter, page).await
    }

    /// How many match.
    ///
    /// # Errors
    /// The store failed.
    pub async fn count(&self, filter: JobFilter) -> Result<u64, StorageError> {
        self.catalog.count(filter).await
    }

    /// One backtest, as soon as it has ended, or as it is after `patience`.
    ///
    /// # Errors
    /// The store failed.
    ///
    /// # Cancel safety
    /// Changes nothing, so it may be dropped at any time.
    pub async fn wait(
        &self,
        id: BacktestId,
        patience: Duration,
    ) -> Result<Option<Backtest>, StorageError> {
        let deadline = self.clock.monotonic() + patience;
        let mut signals = self.feed.subscribe();
        loop {
            let job = self.store.find(id).await?;
            let left = deadline.saturating_sub(self.clock.monotonic());
            let ended = job.as_ref().is_none_or(|job| job.state.status().is_terminal());
            if ended || left.is_zero() {
                return Ok(job);
            }
            self.next_change(id, &mut signals, left.min(POLL)).await;
        }
    }

    /// Signals from now on, to be handed to [`next_change`](Self::next_change).
    pub fn subscribe(&self) -> Signals {
        self.feed.subscribe()
    }

    /// Returns when something happened to `id`, or `patience` has passed.
    pub async fn next_change(&self, id: BacktestId, signals: &mut Signals, patience: Duration) {
        let concerned = async {
            while let Some(signal) = signals.next().await {
                if signal.concerns(id) {
                    return;
                }
            }
            // Nobody signals any more: only time goes by.
            std::future::pending::<()>().await;
        };
        match select(std::pin::pin!(concerned), self.clock.sleep(patience)).await {
            Either::Left(((), _)) | Either::Right(((), _)) => {}
        }
    }
}
