//! Steps of what is done to jobs.

use std::sync::Arc;

use async_trait::async_trait;
use tapedeck_domain::id::{BacktestId, LeaseId};
use tapedeck_domain::job::{Backtest, Conflict, JobChange, Status};
use tapedeck_domain::port::{
    Claim, JobQueue, JobStore, Leased, NewJob, Removal, StorageError, SubmitError, Submitted,
};

use crate::plan::Plan;

pub(crate) struct Jobs {
    pub(crate) inner: Arc<dyn JobStore>,
    pub(crate) plan: Arc<Plan>,
}

/// What a commit is called, after what it leads to.
fn name(changes: &[JobChange]) -> &'static str {
    let first = changes.first().map(|change| change.next.status());
    match first {
        Some(Status::Queued) => "requeue",
        Some(Status::Running) => "progress",
        Some(Status::Cancelling) => "cancelling",
        Some(Status::Cancelled) => "cancelled",
        Some(Status::Succeeded | Status::Failed | Status::TimedOut) | None => "finish",
    }
}

#[async_trait]
impl JobStore for Jobs {
    async fn submit(&self, new: NewJob) -> Result<Submitted, SubmitError> {
        self.plan.before("submit");
        let submitted = self.inner.submit(new).await;
        self.plan.after("submit");
        submitted
    }

    async fn find(&self, id: BacktestId) -> Result<Option<Backtest>, StorageError> {
        self.inner.find(id).await
    }

    async fn commit(
        &self,
        changes: Vec<JobChange>,
    ) -> Result<Vec<Result<(), Conflict>>, StorageError> {
        let name = name(&changes);
        self.plan.before(name);
        let committed = self.inner.commit(changes).await;
        self.plan.after(name);
        committed
    }

    async fn delete(
        &self,
        removals: Vec<Removal>,
    ) -> Result<Vec<Result<(), Conflict>>, StorageError> {
        self.plan.before("delete");
        let deleted = self.inner.delete(removals).await;
        self.plan.after("delete");
        deleted
    }
}

pub(crate) struct Queue {
    pub(crate) inner: Arc<dyn JobQueue>,
    pub(crate) plan: Arc<Plan>,
}

#[async_trait]
impl JobQueue for Queue {
    async fn claim(&self, claim: Claim) -> Result<Vec<Backtest>, StorageError> {
        self.plan.before("claim");
        let claimed = self.inner.claim(claim).await;
        if claimed.as_ref().is_ok_and(|jobs| !jobs.is_empty()) {
            self.plan.after("claim");
        }
        claimed
    }

    async fn renew(&self, leases: Vec<LeaseId>) -> Result<Vec<LeaseId>, StorageError> {
        self.plan.before("renew");
        let renewed = self.inner.renew(leases).await;
        self.plan.after("renew");
        renewed
    }

    async fn leased(&self) -> Result<Vec<Leased>, StorageError> {
        self.plan.before("leased");
        let leased = self.inner.leased().await;
        self.plan.after("leased");
        leased
    }
}
