use std::collections::BTreeMap;
use std::sync::Arc;

use tapedeck_domain::job::JobEvent;
use tapedeck_domain::port::{Claim, ClaimLimits};

use super::order::leases;
use crate::builders::{id, new_job_of};
use crate::conformance::Jobs;
use crate::conformance::on_jobs::{cancel, fail};

impl Jobs {
    /// Jobs 1, 2 and so on, of these strategies.
    async fn of_strategies<'a>(&self, names: impl IntoIterator<Item = &'a str>) {
        for (n, name) in (1..).zip(names) {
            let new = new_job_of(n, |submission| {
                submission.spec.strategy.id = name.parse().unwrap();
            });
            self.store.submit(new).await.unwrap();
        }
    }
}

fn limits(running: Option<u64>, per_strategy: Option<u64>) -> ClaimLimits {
    ClaimLimits { running, per_strategy }
}

fn under(limits: ClaimLimits, claim: Claim) -> Claim {
    Claim { limits, ..claim }
}

/// Of whichever worker; one more when one has ended.
pub async fn no_more_jobs_are_claimed_than_may_run_together(jobs: Jobs) {
    jobs.of_strategies(["a", "a", "b", "c", "a"]).await;
    let three = limits(Some(3), None);
    assert_eq!(jobs.claims(under(three, leases(11, 2))).await, [id(1), id(2)]);
    assert_eq!(jobs.claims(under(three, leases(21, 2))).await, [id(3)]);
    assert_eq!(jobs.claims(under(three, leases(31, 2))).await, []);
    jobs.apply(id(2), cancel()).await;
    assert_eq!(jobs.claims(under(three, leases(41, 2))).await, [], "it is about to stop");
    jobs.apply(id(2), JobEvent::Stop { partial: None }).await;
    assert_eq!(jobs.claims(under(three, leases(51, 2))).await, [id(4)]);
    assert_eq!(jobs.claims(under(limits(Some(0), None), leases(61, 2))).await, []);
}

/// The others of it wait, in their place.
pub async fn no_more_jobs_of_a_strategy_are_claimed_than_may_run_together(jobs: Jobs) {
    jobs.of_strategies(["a", "a", "a", "b", "b", "a"]).await;
    let two = limits(None, Some(2));
    assert_eq!(jobs.claims(under(two, leases(11, 9))).await, [id(1), id(2), id(4), id(5)]);
    assert_eq!(jobs.claims(under(two, leases(21, 9))).await, []);
    jobs.apply(id(2), fail()).await;
    assert_eq!(jobs.claims(under(two, leases(31, 9))).await, [id(3)]);
}

/// Each lease is for a job that may be started.
pub async fn a_job_that_may_not_be_started_takes_no_lease(jobs: Jobs) {
    jobs.of_strategies(["a", "a", "a", "b"]).await;
    assert_eq!(jobs.claims(under(limits(None, Some(1)), leases(11, 2))).await, [id(1), id(4)]);
}

/// Whichever is reached first; a job that one limit keeps back takes no room under the other.
pub async fn both_limits_hold_together(jobs: Jobs) {
    jobs.of_strategies(["a", "a", "b", "b", "c", "d"]).await;
    let both = limits(Some(3), Some(1));
    assert_eq!(jobs.claims(under(both, leases(11, 9))).await, [id(1), id(3), id(5)]);
    jobs.apply(id(3), fail()).await;
    assert_eq!(jobs.claims(under(both, leases(21, 9))).await, [id(4)]);
}

/// However many of it wait in front of them.
pub async fn a_strategy_that_is_full_keeps_no_other_waiting(jobs: Jobs) {
    let many = std::iter::repeat_n("a", 40);
    jobs.of_strategies(many.chain(["b", "a", "c"])).await;
    let one = limits(None, Some(1));
    assert_eq!(jobs.claims(under(one, leases(101, 1))).await, [id(1)]);
    assert_eq!(jobs.claims(under(one, leases(111, 2))).await, [id(41), id(43)]);
}

/// Those that batch jobs get first are counted with the rest.
pub async fn limits_hold_over_all_priorities(jobs: Jobs) {
    jobs.of_strategies(["a", "a"]).await;
    let new = new_job_of(3, |submission| {
        submission.priority = tapedeck_domain::job::Priority::Batch;
        submission.spec.strategy.id = "a".parse().unwrap();
    });
    jobs.store.submit(new).await.unwrap();
    let claim = Claim { batch_first: 1, ..under(limits(None, Some(2)), leases(11, 3)) };
    assert_eq!(jobs.claims(claim).await, [id(3), id(1)]);
}

/// Each counts what the others start.
pub async fn claims_at_the_same_moment_keep_to_the_limits(jobs: Jobs) {
    let names: Vec<_> = ["a", "b", "c"].into_iter().cycle().take(30).collect();
    jobs.of_strategies(names).await;
    let jobs = Arc::new(jobs);
    let claim = |worker: u64| {
        let jobs = Arc::clone(&jobs);
        let claim = under(limits(Some(5), Some(2)), leases(worker * 100, 3));
        tokio::spawn(async move { jobs.queue.claim(claim).await.unwrap() })
    };
    let tasks: Vec<_> = (1..=8).map(claim).collect();
    let mut running = BTreeMap::new();
    for task in tasks {
        for job in task.await.unwrap() {
            *running.entry(job.submission.spec.strategy.id.to_string()).or_insert(0) += 1;
        }
    }
    assert!(running.values().all(|running| *running <= 2), "{running:?}");
    assert_eq!(running.values().sum::<u64>(), 5, "{running:?}");
}
