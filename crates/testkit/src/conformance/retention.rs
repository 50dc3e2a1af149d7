//! The contract of `RetentionStore`.

use tapedeck_domain::id::BacktestId;
use tapedeck_domain::job::{JobEvent, Status, transition};
use tapedeck_domain::port::{RetentionRule, Submitted};
use tapedeck_domain::time::Timestamp;

use super::Jobs;
use super::on_jobs::{fail, succeed};
use crate::builders::{day, id, idempotency, job, lease, new_job};

impl Jobs {
    /// The job `n`, ended by `event` at `end`.
    async fn ended(&self, n: u64, event: JobEvent, end: Timestamp) {
        let running = self.running(n).await;
        self.commit(transition(&running, event, end).unwrap()).await.unwrap();
    }

    /// Jobs 1, 2 and so on, which failed on these days.
    async fn failed_on(&self, days: impl IntoIterator<Item = i64>) {
        for (n, at) in (1..).zip(days) {
            self.ended(n, fail(), day(at)).await;
        }
    }

    /// All that have expired, which `count_expired` must agree with.
    async fn expired(&self, rule: RetentionRule) -> Vec<BacktestId> {
        let expired = self.retention.expired(rule, 1000).await.unwrap();
        for job in &expired {
            assert_eq!(self.found(job.id).await, *job, "as it is stored");
        }
        let count = self.retention.count_expired(rule).await.unwrap();
        assert_eq!(count, expired.len() as u64);
        expired.into_iter().map(|job| job.id).collect()
    }

    async fn submitted_with_key(&self, n: u64) -> Submitted {
        let mut new = new_job(n);
        new.idempotency = Some(idempotency("key", "body"));
        self.store.submit(new).await.unwrap()
    }
}

/// For jobs that failed.
fn rule(ended_before: Option<i64>, keep_latest: Option<u64>) -> RetentionRule {
    RetentionRule { status: Status::Failed, ended_before: ended_before.map(day), keep_latest }
}

/// Before that moment, not at it; when they were submitted does not matter.
pub async fn jobs_that_ended_before_the_moment_have_expired(jobs: Jobs) {
    jobs.failed_on([3, 1, 2, 4]).await;
    assert_eq!(jobs.expired(rule(Some(3), None)).await, [id(2), id(3)]);
    assert_eq!(jobs.expired(rule(Some(1), None)).await, []);
    assert_eq!(jobs.expired(rule(Some(9), None)).await, [id(2), id(3), id(1), id(4)]);
}

/// The latest by their ends, down to none at all.
pub async fn jobs_beyond_the_latest_have_expired(jobs: Jobs) {
    jobs.failed_on([3, 1, 2, 4]).await;
    assert_eq!(jobs.expired(rule(None, Some(1))).await, [id(2), id(3), id(1)]);
    assert_eq!(jobs.expired(rule(None, Some(3))).await, [id(2)]);
    for enough in [4, 5, u64::MAX] {
        assert_eq!(jobs.expired(rule(None, Some(enough))).await, []);
    }
    assert_eq!(jobs.expired(rule(None, Some(0))).await.len(), 4);
}

/// Whichever of the two takes more.
pub async fn either_condition_is_enough_to_expire(jobs: Jobs) {
    jobs.failed_on([1, 2, 3, 4]).await;
    assert_eq!(jobs.expired(rule(Some(3), Some(3))).await, [id(1), id(2)]);
    assert_eq!(jobs.expired(rule(Some(2), Some(1))).await, [id(1), id(2), id(3)]);
}

/// A rule that says nothing keeps everything.
pub async fn nothing_expires_without_a_condition(jobs: Jobs) {
    jobs.failed_on([1, 2]).await;
    assert_eq!(jobs.expired(rule(None, None)).await, []);
}

/// Of those that ended at the same moment, the ones with the lower ids go first.
pub async fn exactly_so_many_are_kept_even_of_equal_ends(jobs: Jobs) {
    jobs.failed_on([2, 2, 2, 2, 1]).await;
    assert_eq!(jobs.expired(rule(None, Some(2))).await, [id(5), id(1), id(2)]);
    assert_eq!(jobs.expired(rule(None, Some(4))).await, [id(5)]);
    assert_eq!(jobs.expired(rule(Some(2), Some(3))).await, [id(5), id(1)], "both at one moment");
    assert_eq!(jobs.expired(rule(Some(2), Some(4))).await, [id(5)]);
    assert_eq!(jobs.expired(rule(Some(3), Some(4))).await.len(), 5);
}

/// Others neither expire nor count as kept.
pub async fn only_jobs_of_the_state_expire(jobs: Jobs) {
    jobs.failed_on([1, 2]).await;
    jobs.ended(3, succeed(), day(1)).await;
    jobs.running(4).await;
    jobs.submitted(5).await;
    assert_eq!(jobs.expired(rule(Some(99), None)).await, [id(1), id(2)]);
    assert_eq!(jobs.expired(rule(None, Some(1))).await, [id(1)]);
    let succeeded = RetentionRule { status: Status::Succeeded, ..rule(Some(99), Some(0)) };
    assert_eq!(jobs.expired(succeeded).await, [id(3)]);
}

/// Whatever a rule says.
pub async fn jobs_that_have_not_ended_never_expire(jobs: Jobs) {
    jobs.running(1).await;
    jobs.submitted(2).await;
    for status in [Status::Queued, Status::Running, Status::Cancelling] {
        let all = RetentionRule { status, ..rule(Some(99), Some(0)) };
        assert_eq!(jobs.expired(all).await, [], "{status:?}");
    }
    assert_eq!(jobs.queue.leased().await.unwrap()[0].lease, lease(1).id);
}

/// What is removed makes room for the next.
pub async fn expired_gives_the_oldest_ends_first_and_keeps_to_its_limit(jobs: Jobs) {
    jobs.failed_on([4, 2, 3, 1]).await;
    for expected in [[id(4), id(2)], [id(3), id(1)]] {
        let page = jobs.retention.expired(rule(Some(9), None), 2).await.unwrap();
        assert_eq!(page.iter().map(|job| job.id).collect::<Vec<_>>(), expected);
        for job in page {
            jobs.delete(job.id, job.revision).await.unwrap();
        }
    }
    assert_eq!(jobs.expired(rule(Some(9), None)).await, []);
}

/// By the moment at which they were used for the first time.
pub async fn old_keys_are_counted_and_forgotten(jobs: Jobs) {
    let used = |n| job(n).0.created_at;
    for n in 1..=3 {
        let mut new = new_job(n);
        new.idempotency = Some(idempotency(&format!("key-{n}"), "body"));
        jobs.store.submit(new).await.unwrap();
    }
    assert_eq!(jobs.retention.count_keys(used(1)).await.unwrap(), 0);
    assert_eq!(jobs.retention.count_keys(used(3)).await.unwrap(), 2);
    assert_eq!(jobs.retention.forget_keys(used(3)).await.unwrap(), 2);
    assert_eq!(jobs.retention.forget_keys(used(3)).await.unwrap(), 0);
    assert_eq!(jobs.retention.count_keys(day(99)).await.unwrap(), 1);
    assert_eq!(jobs.count().await, 3, "the jobs stay");
}

/// And then stands for that one.
pub async fn a_forgotten_key_makes_a_new_job(jobs: Jobs) {
    let first = jobs.submitted_with_key(1).await;
    jobs.retention.forget_keys(day(99)).await.unwrap();
    let second = jobs.submitted_with_key(2).await;
    assert!(matches!(&second, Submitted::Created(job) if job.id == id(2)), "{second:?}");
    let third = jobs.submitted_with_key(3).await;
    assert!(matches!(&third, Submitted::Replayed(job) if job.id == id(2)), "{third:?}");
    assert_eq!(jobs.found(id(1)).await, *first.job());
}
