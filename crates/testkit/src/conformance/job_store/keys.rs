use std::collections::BTreeSet;
use std::sync::Arc;

use tapedeck_domain::port::{NewJob, SubmitError, Submitted};

use crate::builders::{day, id, idempotency, new_job};
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

/// What became of many requests at the same moment, each of which makes a job or repeats one.
async fn all_at_once(jobs: &Arc<Jobs>, all: Vec<NewJob>) -> Vec<Result<Submitted, SubmitError>> {
    let submit = |new| {
        let jobs = Arc::clone(jobs);
        tokio::spawn(async move { jobs.store.submit(new).await })
    };
    let tasks: Vec<_> = all.into_iter().map(submit).collect();
    let mut ends = Vec::new();
    for task in tasks {
        ends.push(task.await.unwrap());
    }
    ends
}

fn created(ends: &[Result<Submitted, SubmitError>]) -> usize {
    ends.iter().filter(|end| matches!(end, Ok(Submitted::Created(_)))).count()
}

/// Whoever comes first has the key; no other body gets a job.
pub async fn of_other_bodies_with_one_key_at_the_same_moment_one_is_added(jobs: Jobs) {
    let jobs = Arc::new(jobs);
    let bodies = (1..=20).map(|n| keyed(n, "key", &format!("body {n}"))).collect();
    let ends = all_at_once(&jobs, bodies).await;
    let refused = |end: &&_| matches!(end, Err(SubmitError::IdempotencyConflict));
    assert_eq!((created(&ends), ends.iter().filter(refused).count()), (1, 19), "{ends:?}");
    assert_eq!(jobs.count().await, 1);
}

/// Those with a key get one job, those without share one, which may be the same.
pub async fn equal_requests_with_and_without_a_key_at_the_same_moment_share_what_they_may(
    jobs: Jobs,
) {
    let jobs = Arc::new(jobs);
    let equal = |n: u64| {
        let mut new = if n.is_multiple_of(2) { new_job(n) } else { keyed(n, "key", "body") };
        new.job.submission.input_hash = "the same inputs".to_owned();
        new
    };
    let ends = all_at_once(&jobs, (1..=20).map(equal).collect()).await;
    let ids = |with_key: usize| {
        let ids = ends.iter().skip(1 - with_key).step_by(2);
        ids.map(|end| end.as_ref().unwrap().job().id).collect::<BTreeSet<_>>()
    };
    let (with_key, without) = (ids(1), ids(0));
    assert_eq!((with_key.len(), without.len()), (1, 1), "{ends:?}");
    let all = with_key.union(&without).count();
    assert_eq!((created(&ends), jobs.count().await), (all, all as u64));
}

/// Each key that was forgotten makes one more job, and no request is lost over it.
pub async fn keys_that_are_forgotten_while_they_are_used_make_one_job_each(jobs: Jobs) {
    let jobs = Arc::new(jobs);
    let forgetting = {
        let jobs = Arc::clone(&jobs);
        tokio::spawn(async move {
            let mut forgotten = 0;
            for _ in 0..20 {
                forgotten += jobs.retention.forget_keys(day(99)).await.unwrap();
                tokio::task::yield_now().await;
            }
            forgotten
        })
    };
    let ends = all_at_once(&jobs, (1..=60).map(|n| keyed(n, "key", "body")).collect()).await;
    let forgotten = forgetting.await.unwrap();
    let left = jobs.retention.forget_keys(day(99)).await.unwrap();
    assert!(ends.iter().all(Result::is_ok), "{ends:?}");
    assert_eq!(created(&ends) as u64, forgotten + left);
}
