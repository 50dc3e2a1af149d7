//! The jobs of one kind.

use std::sync::Arc;

use async_trait::async_trait;
use tapedeck_domain::id::BacktestId;
use tapedeck_domain::job::{Backtest, Conflict, JobChange, JobKind};
use tapedeck_domain::port::{
    JobCatalog, JobFilter, JobStore, NewJob, Page, Removal, StorageError, SubmitError, Submitted,
};

/// The jobs of one kind: for those who ask through it, there are no others.
pub struct OfKind {
    store: Arc<dyn JobStore>,
    catalog: Arc<dyn JobCatalog>,
    kind: JobKind,
}

impl OfKind {
    /// Over these ports.
    pub fn new(store: Arc<dyn JobStore>, catalog: Arc<dyn JobCatalog>, kind: JobKind) -> Self {
        Self { store, catalog, kind }
    }

    fn only(&self, filter: JobFilter) -> JobFilter {
        JobFilter { kind: Some(self.kind), ..filter }
    }
}

#[async_trait]
impl JobStore for OfKind {
    async fn submit(&self, new: NewJob) -> Result<Submitted, SubmitError> {
        self.store.submit(new).await
    }

    async fn find(&self, id: BacktestId) -> Result<Option<Backtest>, StorageError> {
        let found = self.store.find(id).await?;
        Ok(found.filter(|job| job.submission.kind() == self.kind))
    }

    async fn commit(
        &self,
        changes: Vec<JobChange>,
    ) -> Result<Vec<Result<(), Conflict>>, StorageError> {
        self.store.commit(changes).await
    }

    async fn delete(
        &self,
        removals: Vec<Removal>,
    ) -> Result<Vec<Result<(), Conflict>>, StorageError> {
        self.store.delete(removals).await
    }
}

#[async_trait]
impl JobCatalog for OfKind {
    async fn list(&self, filter: JobFilter, page: Page) -> Result<Vec<Backtest>, StorageError> {
        self.catalog.list(self.only(filter), page).await
    }

    async fn count(&self, filter: JobFilter) -> Result<u64, StorageError> {
        self.catalog.count(self.only(filter)).await
    }
}
