use std::sync::Arc;

use tapedeck_domain::job::JobEvent;
use tapedeck_domain::port::{NewJob, Submitted};

use crate::builders::{id, idempotency, new_job_of};
use crate::conformance::Jobs;
use crate::conformance::on_jobs::{cancel, fail, succeed, time_out};

/// The job `n` with the inputs of all others made so.
fn equal(n: u64) -> NewJob {
    new_job_of(n, |submission| submission.input_hash = "the same inputs".to_owned())
}

impl Jobs {
    /// Whether the equal job `n` would be a run of its own.
    async fn is_added(&self, n: u64) -> bool {
        matches!(self.store.submit(equal(n)).await.unwrap(), Submitted::Created(_))
    }

    /// Takes job 1 to its end, and says whether an equal one is added then.
    async fn is_added_after(&self, events: Vec<JobEvent>) -> bool {
        self.store.submit(equal(1)).await.unwrap();
        self.claimed(1).await;
        for event in events {
            self.apply(id(1), event).await;
        }
        self.is_added(2).await
    }
}

/// While it waits.
pub async fn an_equal_request_shares_a_queued_job(jobs: Jobs) {
    let first = jobs.store.submit(equal(1)).await.unwrap().job().clone();
    let second = jobs.store.submit(equal(2)).await.unwrap();
    assert_eq!(second, Submitted::Deduplicated(first));
    assert_eq!(jobs.count().await, 1, "nothing was added");
    assert_eq!(jobs.store.find(id(2)).await.unwrap(), None);
}

/// The job comes back as it is by now.
pub async fn an_equal_request_shares_a_running_job(jobs: Jobs) {
    jobs.store.submit(equal(1)).await.unwrap();
    let running = jobs.claimed(1).await;
    let second = jobs.store.submit(equal(2)).await.unwrap();
    assert_eq!(second, Submitted::Deduplicated(running));
}

/// A handed-back job is shared as before.
pub async fn an_equal_request_shares_a_job_that_was_handed_back(jobs: Jobs) {
    assert!(!jobs.is_added_after(vec![JobEvent::Release]).await);
}

/// Results are shared for as long as they are there.
pub async fn an_equal_request_shares_a_job_that_succeeded(jobs: Jobs) {
    assert!(!jobs.is_added_after(vec![succeed()]).await);
    let job = jobs.found(id(1)).await;
    jobs.delete(job.id, job.revision).await.unwrap();
    assert!(jobs.is_added(3).await, "what was removed is not shared");
}

/// A failure is no answer to the next request.
pub async fn an_equal_request_does_not_share_a_job_that_failed(jobs: Jobs) {
    assert!(jobs.is_added_after(vec![fail()]).await);
}

/// Nor is a cancellation.
pub async fn an_equal_request_does_not_share_a_job_that_was_cancelled(jobs: Jobs) {
    assert!(jobs.is_added_after(vec![cancel(), JobEvent::Stop { partial: None }]).await);
}

/// Nor is running out of time.
pub async fn an_equal_request_does_not_share_a_job_that_timed_out(jobs: Jobs) {
    assert!(jobs.is_added_after(vec![time_out()]).await);
}

/// The next request after a failure is shared in its turn.
pub async fn the_job_after_a_failed_one_is_shared_again(jobs: Jobs) {
    assert!(jobs.is_added_after(vec![fail()]).await);
    let third = jobs.store.submit(equal(3)).await.unwrap();
    assert!(matches!(third, Submitted::Deduplicated(job) if job.id == id(2)));
}

/// Other inputs are another run.
pub async fn a_request_with_other_inputs_is_added(jobs: Jobs) {
    jobs.submitted(1).await;
    jobs.submitted(2).await;
    assert_eq!(jobs.count().await, 2);
}

/// It neither shares nor is shared.
pub async fn a_run_of_its_own_is_always_added_and_never_shared(jobs: Jobs) {
    let own = |n| {
        let mut new = equal(n);
        new.job.submission.force_new = true;
        new
    };
    for n in 1..=2 {
        let submitted = jobs.store.submit(own(n)).await.unwrap();
        assert!(matches!(submitted, Submitted::Created(_)));
    }
    assert!(jobs.is_added(3).await, "equal to runs that are not shared");
    let fourth = jobs.store.submit(own(4)).await.unwrap();
    assert!(matches!(fourth, Submitted::Created(_)), "although one could be shared");
}

/// A key asks for an answer of its own.
pub async fn a_request_with_a_key_is_never_deduplicated(jobs: Jobs) {
    jobs.store.submit(equal(1)).await.unwrap();
    let mut keyed = equal(2);
    keyed.idempotency = Some(idempotency("key", "body"));
    let submitted = jobs.store.submit(keyed).await.unwrap();
    assert!(matches!(submitted, Submitted::Created(job) if job.id == id(2)));
    let third = jobs.store.submit(equal(3)).await.unwrap();
    assert!(matches!(third, Submitted::Deduplicated(job) if job.id == id(1)));
}

/// A job that a key made is shared with requests that have none.
pub async fn a_job_made_with_a_key_is_shared_without_one(jobs: Jobs) {
    let mut keyed = equal(1);
    keyed.idempotency = Some(idempotency("key", "body"));
    jobs.store.submit(keyed).await.unwrap();
    let second = jobs.store.submit(equal(2)).await.unwrap();
    assert!(matches!(second, Submitted::Deduplicated(job) if job.id == id(1)));
}

/// Fifty clients, one run.
pub async fn of_equal_requests_at_the_same_moment_one_is_added(jobs: Jobs) {
    let jobs = Arc::new(jobs);
    let submit = |n| {
        let jobs = Arc::clone(&jobs);
        tokio::spawn(async move { jobs.store.submit(equal(n)).await.unwrap() })
    };
    let tasks: Vec<_> = (1..=50).map(submit).collect();
    let (mut created, mut ids) = (0, Vec::new());
    for task in tasks {
        let submitted = task.await.unwrap();
        created += u32::from(matches!(submitted, Submitted::Created(_)));
        ids.push(submitted.job().id);
    }
    ids.dedup();
    assert_eq!((created, ids.len(), jobs.count().await), (1, 1, 1));
}
