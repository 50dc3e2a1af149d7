//! A store whose claims and ends are timed on their way through.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use tapedeck_domain::id::{BacktestId, LeaseId};
use tapedeck_domain::job::{Backtest, Conflict, JobChange};
use tapedeck_domain::port::{
    Claim, Ids as _, JobFeed, JobQueue, JobStore, Leased, NewJob, Removal, StorageError,
    SubmitError, Submitted,
};
use tapedeck_postgres::PostgresJobs;

use crate::support::TestDatabase;
use crate::time::{RealIds, nanos};

/// The ports of one store.
#[derive(Clone)]
pub(crate) struct Store {
    pub(crate) jobs: Arc<dyn JobStore>,
    pub(crate) queue: Arc<dyn JobQueue>,
    pub(crate) feed: Arc<dyn JobFeed>,
}

impl Store {
    pub(crate) fn of<S: JobStore + JobQueue + JobFeed + 'static>(store: S) -> Self {
        let store = Arc::new(store);
        Self { jobs: store.clone(), queue: store.clone(), feed: store }
    }

    /// On Postgres, as a process of its own would have it.
    pub(crate) async fn postgres(database: &TestDatabase) -> Self {
        Self::of(PostgresJobs::new(database.open(8).await, RealIds.next()))
    }

    /// The same, timed.
    pub(crate) fn watched(&self) -> (Self, Arc<Watched>) {
        let watched = Arc::new(Watched {
            store: self.clone(),
            first_claim: Mutex::new(None),
            last_end: Mutex::new(0),
            ended: AtomicUsize::new(0),
        });
        let feed = self.feed.clone();
        (Self { jobs: watched.clone(), queue: watched.clone(), feed }, watched)
    }
}

/// When jobs were claimed from a store for the first time, and when one ended last.
pub(crate) struct Watched {
    store: Store,
    first_claim: Mutex<Option<u64>>,
    last_end: Mutex<u64>,
    ended: AtomicUsize,
}

impl Watched {
    /// Jobs whose end is committed.
    pub(crate) fn ended(&self) -> usize {
        self.ended.load(Ordering::SeqCst)
    }

    /// When the first claim that got a job was asked for, and when the last end was committed.
    pub(crate) fn span(&self) -> (u64, u64) {
        (self.first_claim.lock().unwrap().unwrap_or(u64::MAX), *self.last_end.lock().unwrap())
    }
}

#[async_trait]
impl JobStore for Watched {
    async fn submit(&self, new: NewJob) -> Result<Submitted, SubmitError> {
        self.store.jobs.submit(new).await
    }

    async fn find(&self, id: BacktestId) -> Result<Option<Backtest>, StorageError> {
        self.store.jobs.find(id).await
    }

    async fn commit(
        &self,
        changes: Vec<JobChange>,
    ) -> Result<Vec<Result<(), Conflict>>, StorageError> {
        let ends: Vec<_> =
            changes.iter().map(|change| change.next.status().is_terminal()).collect();
        let applied = self.store.jobs.commit(changes).await?;
        let ended = ends.iter().zip(&applied).filter(|(end, done)| **end && done.is_ok()).count();
        if ended > 0 {
            *self.last_end.lock().unwrap() = nanos();
            self.ended.fetch_add(ended, Ordering::SeqCst);
        }
        Ok(applied)
    }

    async fn delete(
        &self,
        removals: Vec<Removal>,
    ) -> Result<Vec<Result<(), Conflict>>, StorageError> {
        self.store.jobs.delete(removals).await
    }
}

#[async_trait]
impl JobQueue for Watched {
    async fn claim(&self, claim: Claim) -> Result<Vec<Backtest>, StorageError> {
        let asked = nanos();
        let claimed = self.store.queue.claim(claim).await?;
        if !claimed.is_empty() {
            self.first_claim.lock().unwrap().get_or_insert(asked);
        }
        Ok(claimed)
    }

    async fn renew(&self, leases: Vec<LeaseId>) -> Result<Vec<LeaseId>, StorageError> {
        self.store.queue.renew(leases).await
    }

    async fn leased(&self) -> Result<Vec<Leased>, StorageError> {
        self.store.queue.leased().await
    }
}
