use tapedeck_domain::id::LeaseId;
use tapedeck_domain::port::Leased;

use crate::builders::{id, lease};
use crate::conformance::Jobs;
use crate::conformance::on_jobs::{cancel, fail, progress};

fn leases(numbers: &[u64]) -> Vec<LeaseId> {
    numbers.iter().map(|n| lease(*n).id).collect()
}

/// A lease that was lost, or never was, is not among them.
pub async fn renew_returns_the_leases_that_are_still_held(jobs: Jobs) {
    for n in 1..=3 {
        jobs.running(n).await;
    }
    jobs.apply(id(2), fail()).await;
    jobs.apply(id(3), cancel()).await;
    let mut held = jobs.queue.renew(leases(&[1, 2, 3, 4])).await.unwrap();
    held.sort_unstable();
    assert_eq!(held, leases(&[1, 3]), "a job that is about to stop is still held");
    assert_eq!(jobs.queue.renew(Vec::new()).await.unwrap(), []);
}

/// A sign of life is no change: what a worker decided meanwhile still applies.
pub async fn renew_leaves_the_revision_of_the_jobs(jobs: Jobs) {
    let running = jobs.running(1).await;
    jobs.queue.renew(leases(&[1])).await.unwrap();
    assert_eq!(jobs.found(id(1)).await, running);
    assert_eq!(jobs.seqs(id(1)).await, [1, 2]);
}

async fn leased(jobs: &Jobs) -> Vec<Leased> {
    let mut leased = jobs.queue.leased().await.unwrap();
    leased.sort_unstable_by_key(|held| held.job);
    leased
}

async fn renewals(jobs: &Jobs) -> u64 {
    leased(jobs).await[0].renewals
}

/// Running and cancelling jobs; none that waits or has ended.
pub async fn leased_lists_all_leases_that_are_held(jobs: Jobs) {
    for n in 1..=3 {
        jobs.running(n).await;
    }
    jobs.submitted(4).await;
    jobs.apply(id(2), cancel()).await;
    jobs.apply(id(3), fail()).await;
    let held: Vec<_> = leased(&jobs).await.into_iter().map(|held| (held.job, held.lease)).collect();
    assert_eq!(held, [(id(1), lease(1).id), (id(2), lease(2).id)]);
}

/// Each renewal shows.
pub async fn leased_says_how_often_each_lease_was_renewed(jobs: Jobs) {
    jobs.running(1).await;
    let before = renewals(&jobs).await;
    for n in 1..=3 {
        jobs.queue.renew(leases(&[1])).await.unwrap();
        assert_eq!(renewals(&jobs).await, before + n);
    }
}

/// Or an observer could see a lease stand still that is renewed.
pub async fn changes_of_a_job_do_not_set_back_its_renewals(jobs: Jobs) {
    jobs.running(1).await;
    jobs.queue.renew(leases(&[1])).await.unwrap();
    let before = renewals(&jobs).await;
    for event in [progress(1), progress(2), cancel()] {
        jobs.apply(id(1), event).await;
        assert_eq!(renewals(&jobs).await, before);
    }
    jobs.queue.renew(leases(&[1])).await.unwrap();
    assert_eq!(renewals(&jobs).await, before + 1);
}
