//! A store that can stop answering.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use tapedeck_domain::id::{BacktestId, LeaseId};
use tapedeck_domain::job::{Backtest, Conflict, JobChange};
use tapedeck_domain::port::{
    Claim, JobQueue, JobStore, Leased, NewJob, Removal, StorageError, SubmitError, Submitted,
};
use tapedeck_testkit::memory::MemoryJobs;
use tokio::sync::watch;

/// A store that can stop answering, or stop taking writes.
pub(crate) struct Stoppable {
    inner: Arc<MemoryJobs>,
    stopped: watch::Sender<bool>,
    read_only: AtomicBool,
}

impl Stoppable {
    pub(crate) fn new(inner: Arc<MemoryJobs>) -> Arc<Self> {
        let read_only = AtomicBool::new(false);
        Arc::new(Self { inner, stopped: watch::channel(false).0, read_only })
    }

    /// From now on calls hang, those under way included.
    pub(crate) fn stop(&self) {
        self.stopped.send_replace(true);
    }

    /// All of them go on.
    pub(crate) fn go_on(&self) {
        self.stopped.send_replace(false);
    }

    /// From now on, or no longer, writes fail while reads succeed.
    pub(crate) fn refuse_writes(&self, refuse: bool) {
        self.read_only.store(refuse, Ordering::SeqCst);
    }

    async fn reach(&self) {
        self.stopped.subscribe().wait_for(|stopped| !stopped).await.unwrap();
    }

    async fn reach_to_write(&self) -> Result<(), StorageError> {
        self.reach().await;
        match self.read_only.load(Ordering::SeqCst) {
            true => Err(StorageError::Full { what: "as the test says".to_owned() }),
            false => Ok(()),
        }
    }
}

#[async_trait]
impl JobStore for Stoppable {
    async fn submit(&self, new: NewJob) -> Result<Submitted, SubmitError> {
        self.reach_to_write().await?;
        self.inner.submit(new).await
    }

    async fn find(&self, id: BacktestId) -> Result<Option<Backtest>, StorageError> {
        self.reach().await;
        self.inner.find(id).await
    }

    async fn commit(
        &self,
        changes: Vec<JobChange>,
    ) -> Result<Vec<Result<(), Conflict>>, StorageError> {
        self.reach_to_write().await?;
        self.inner.commit(changes).await
    }

    async fn delete(
        &self,
        removals: Vec<Removal>,
    ) -> Result<Vec<Result<(), Conflict>>, StorageError> {
        self.reach_to_write().await?;
        self.inner.delete(removals).await
    }
}

#[async_trait]
impl JobQueue for Stoppable {
    async fn claim(&self, claim: Claim) -> Result<Vec<Backtest>, StorageError> {
        self.reach_to_write().await?;
        self.inner.claim(claim).await
    }

    async fn renew(&self, leases: Vec<LeaseId>) -> Result<Vec<LeaseId>, StorageError> {
        self.reach_to_write().await?;
        self.inner.renew(leases).await
    }

    async fn leased(&self) -> Result<Vec<Leased>, StorageError> {
        self.reach().await;
        self.inner.leased().await
    }
}
