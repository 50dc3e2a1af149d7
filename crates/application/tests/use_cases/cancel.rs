use std::sync::Arc;

use async_trait::async_trait;
use tapedeck_application::{Cancel, CancelError, Cancelled};
use tapedeck_domain::id::BacktestId;
use tapedeck_domain::job::{
    Backtest, Conflict, JobChange, JobEvent, JobState, LogBody, Outcome, ReportRef, Status,
    transition,
};
use tapedeck_domain::port::{JobStore, NewJob, Removal, StorageError, SubmitError, Submitted};
use tapedeck_testkit::Script;
use tapedeck_testkit::builders::{day, id, requester};
use tapedeck_testkit::memory::MemoryJobs;

use crate::world::World;

async fn cancelled(world: &World) -> Result<Cancelled, CancelError> {
    world.cancel().cancel(id(1), requester("request-9")).await
}

#[tokio::test]
async fn a_queued_job_ends_at_once() {
    let world = World::new();
    world.queued().await;
    let Ok(Cancelled::Ended(job)) = cancelled(&world).await else { panic!("it ends") };
    assert_eq!(job, world.job().await);
    let JobState::Cancelled { started_at, requested, .. } = job.state else { panic!() };
    assert_eq!((started_at, requested.request_id.as_str()), (None, "request-9"));
    assert_eq!(
        world.log().await,
        [LogBody::Queued { reason: None, retry_at: None }, LogBody::Cancelled]
    );
}

#[tokio::test]
async fn a_running_job_is_asked_and_asking_again_changes_nothing() {
    let world = World::new();
    world.claimed().await;
    let Ok(Cancelled::Ending(first)) = cancelled(&world).await else { panic!("it is ending") };
    assert_eq!(first.state.status(), Status::Cancelling);
    let Ok(Cancelled::Ending(second)) = cancelled(&world).await else { panic!("still") };
    assert_eq!(second, first);
    assert_eq!(world.job().await, first);
}

#[tokio::test]
async fn a_job_that_has_ended_stays_as_it_is() {
    let world = World::new();
    let ended = world.ran(Script::Succeed).await;
    assert_eq!(ended.state.status(), Status::Succeeded);
    let Ok(Cancelled::Ended(job)) = cancelled(&world).await else { panic!("it has ended") };
    assert_eq!(job, ended);
    assert_eq!(world.job().await, ended);
}

#[tokio::test]
async fn an_unknown_job_is_not_found() {
    assert!(matches!(cancelled(&World::new()).await, Err(CancelError::NotFound)));
}

#[tokio::test]
async fn a_conflict_is_decided_anew() {
    let world = World::new();
    world.claimed().await;
    world.store.conflict_next(1);
    let Ok(Cancelled::Ending(job)) = cancelled(&world).await else { panic!("asked twice") };
    assert_eq!(job, world.job().await);
}

#[tokio::test]
async fn a_run_that_succeeds_first_has_succeeded() {
    let world = World::new();
    world.claimed().await;
    let racing = Arc::new(FinishesFirst(world.jobs.clone()));
    let cancel = Cancel::new(racing, world.clock.clone());
    let outcome = cancel.cancel(id(1), requester("request-9")).await;
    let Ok(Cancelled::Ended(job)) = outcome else { panic!("it has ended") };
    assert_eq!(job.state.status(), Status::Succeeded);
    assert_eq!(job, world.job().await);
}

#[tokio::test]
async fn a_store_that_fails_is_reported() {
    let world = World::new();
    world.queued().await;
    world.store.fail_next(1);
    assert!(matches!(cancelled(&world).await, Err(CancelError::Storage(_))));
    assert_eq!(world.job().await.state.status(), Status::Queued);
}

/// Between every look at a job and the commit that follows, its worker finishes it.
struct FinishesFirst(Arc<MemoryJobs>);

#[async_trait]
impl JobStore for FinishesFirst {
    async fn submit(&self, new: NewJob) -> Result<Submitted, SubmitError> {
        self.0.submit(new).await
    }

    async fn find(&self, id: BacktestId) -> Result<Option<Backtest>, StorageError> {
        self.0.find(id).await
    }

    async fn commit(
        &self,
        changes: Vec<JobChange>,
    ) -> Result<Vec<Result<(), Conflict>>, StorageError> {
        let job = self.0.find(changes[0].id).await?.unwrap();
        let outcome =
            Outcome { report: ReportRef("report".to_owned()), headline: None, usage: None };
        let end = transition(&job, JobEvent::Succeed(outcome), day(0)).unwrap();
        self.0.commit(vec![end]).await?;
        self.0.commit(changes).await
    }

    async fn delete(
        &self,
        removals: Vec<Removal>,
    ) -> Result<Vec<Result<(), Conflict>>, StorageError> {
        self.0.delete(removals).await
    }
}
