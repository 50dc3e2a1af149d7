use std::sync::Arc;

use tapedeck_domain::port::{NewJob, SubmitError, Submitted};

use crate::builders::{id, idempotency, new_job};
use crate::conformance::Jobs;
use crate::conformance::on_jobs::fail;

/// The job `n`, asked for with a key and a body.
fn keyed(n: u64, key: &str, body_hash: &str) -> NewJob {
    let mut new = new_job(n);
    new.idempotency = Some(idempotency(key, body_hash));
    new
}

/// Nothing is added, whatever else the repeated request would have made.
pub async fn a_key_with_the_same_body_replays_its_job(jobs: Jobs) {
    jobs.store.submit(keyed(1, "key", "body")).await.unwrap();
    let running = jobs.claimed(1).await;
    let again = jobs.store.submit(keyed(2, "key", "body")).await.unwrap();
    assert_eq!(again, Submitted::Replayed(running), "as it is by now");
    assert_eq!(jobs.count().await, 1);
}

/// Unlike sharing, replaying does not ask how the job ended.
pub async fn a_key_replays_a_job_that_failed(jobs: Jobs) {
    jobs.store.submit(keyed(1, "key", "body")).await.unwrap();
    jobs.claimed(1).await;
    let failed = jobs.apply(id(1), fail()).await;
    let again = jobs.store.submit(keyed(2, "key", "body")).await.unwrap();
    assert_eq!(again, Submitted::Replayed(failed));
}

/// Nothing is added and the key keeps its job.
pub async fn a_key_with_another_body_is_refused(jobs: Jobs) {
    jobs.store.submit(keyed(1, "key", "body")).await.unwrap();
    let refused = jobs.store.submit(keyed(2, "key", "another body")).await;
    assert!(matches!(refused, Err(SubmitError::IdempotencyConflict)));
    assert_eq!(jobs.count().await, 1);
    let again = jobs.store.submit(keyed(3, "key", "body")).await.unwrap();
    assert!(matches!(again, Submitted::Replayed(job) if job.id == id(1)));
}

/// Two clients may use the same key.
pub async fn keys_of_other_scopes_do_not_matter(jobs: Jobs) {
    jobs.store.submit(keyed(1, "key", "body")).await.unwrap();
    let mut other = keyed(2, "key", "another body");
    other.idempotency.as_mut().unwrap().scope = "another".to_owned();
    let submitted = jobs.store.submit(other).await.unwrap();
    assert!(matches!(submitted, Submitted::Created(job) if job.id == id(2)));
}

/// Keys are told apart by case, too.
pub async fn other_keys_are_other_requests(jobs: Jobs) {
    for (n, key) in (1..).zip(["key", "KEY", "key2"]) {
        let submitted = jobs.store.submit(keyed(n, key, "body")).await.unwrap();
        assert!(matches!(submitted, Submitted::Created(_)), "{key}");
    }
}

/// A request that is repeated before it is answered.
pub async fn of_requests_with_one_key_at_the_same_moment_one_is_added(jobs: Jobs) {
    let jobs = Arc::new(jobs);
    let submit = |n| {
        let jobs = Arc::clone(&jobs);
        tokio::spawn(async move { jobs.store.submit(keyed(n, "key", "body")).await.unwrap() })
    };
    let tasks: Vec<_> = (1..=20).map(submit).collect();
    let (mut created, mut ids) = (0, Vec::new());
    for task in tasks {
        let submitted = task.await.unwrap();
        created += u32::from(matches!(submitted, Submitted::Created(_)));
        ids.push(submitted.job().id);
    }
    ids.dedup();
    assert_eq!((created, ids.len(), jobs.count().await), (1, 1, 1));
}
