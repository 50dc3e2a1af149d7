use std::collections::BTreeSet;
use std::sync::Arc;

use tapedeck_domain::id::BacktestId;
use tapedeck_domain::job::{JobEvent, JobState, LogBody, Priority, Status};
use tapedeck_domain::port::Claim;

use crate::builders::{id, lease, new_job_of};
use crate::conformance::Jobs;
use crate::conformance::on_jobs::{cancel, fail, lose, now};

/// In the state, the attempt and the log.
pub async fn claim_starts_a_queued_job_under_the_lease(jobs: Jobs) {
    jobs.submitted(1).await;
    let claimed = jobs.claimed(4).await;
    let JobState::Running { lease: held, started_at, progress } = claimed.state else {
        unreachable!("it runs");
    };
    assert_eq!((held, started_at), (lease(4), now()));
    assert_eq!((progress.bars_done, progress.bars_total), (0, claimed.submission.bars));
    assert_eq!((claimed.attempt, claimed.revision, claimed.last_seq), (1, 2, 2));
    assert_eq!(jobs.found(id(1)).await, claimed);
    let log = jobs.feed.events(id(1), 1).await.unwrap();
    assert_eq!(log[0].body, LogBody::Started { attempt: 1 });
}

/// Interactive before batch, whatever was submitted first; within each, in order.
pub async fn claim_takes_higher_priorities_first_then_older_jobs(jobs: Jobs) {
    for (n, priority) in [
        (1, Priority::Batch),
        (2, Priority::Interactive),
        (3, Priority::Batch),
        (4, Priority::Interactive),
    ] {
        let new = new_job_of(n, |submission| submission.priority = priority);
        jobs.store.submit(new).await.unwrap();
    }
    let mut order: Vec<BacktestId> = Vec::new();
    for n in 1..=4 {
        order.push(jobs.claimed(n).await.id);
    }
    assert_eq!(order, [id(2), id(4), id(1), id(3)]);
}

/// Each job gets a lease of its own, the first the first.
pub async fn claim_gives_one_job_to_each_lease(jobs: Jobs) {
    for n in 1..=3 {
        jobs.submitted(n).await;
    }
    let claimed = jobs.queue.claim(Claim::new(vec![lease(1), lease(2)], now())).await.unwrap();
    let held: Vec<_> = claimed.iter().map(|job| (job.id, job.state.lease())).collect();
    assert_eq!(held, [(id(1), Some(lease(1))), (id(2), Some(lease(2)))]);
    assert_eq!(jobs.found(id(3)).await.state.status(), Status::Queued);
}

/// Down to none at all.
pub async fn claim_gives_fewer_when_fewer_are_queued(jobs: Jobs) {
    assert_eq!(jobs.queue.claim(Claim::new(vec![lease(1)], now())).await.unwrap(), []);
    jobs.submitted(1).await;
    let leases = vec![lease(1), lease(2), lease(3)];
    assert_eq!(jobs.queue.claim(Claim::new(leases, now())).await.unwrap().len(), 1);
    assert_eq!(jobs.queue.claim(Claim::new(Vec::new(), now())).await.unwrap(), []);
}

/// Whether it runs, is about to stop or has ended.
pub async fn claim_takes_nothing_that_is_not_queued(jobs: Jobs) {
    for n in 1..=3 {
        jobs.running(n).await;
    }
    jobs.apply(id(2), cancel()).await;
    jobs.apply(id(3), fail()).await;
    assert_eq!(jobs.queue.claim(Claim::new(vec![lease(9)], now())).await.unwrap(), []);
}

/// Under a new lease, and as the next attempt if the one before was spent.
pub async fn claim_takes_what_was_queued_again(jobs: Jobs) {
    jobs.running(1).await;
    jobs.apply(id(1), lose(3)).await;
    let again = jobs.claimed(2).await;
    assert_eq!((again.attempt, again.state.lease()), (2, Some(lease(2))));
    jobs.apply(id(1), JobEvent::Release).await;
    assert_eq!(jobs.claimed(3).await.attempt, 2);
}

/// Eight workers, a hundred jobs, each exactly once.
pub async fn no_two_claims_get_the_same_job(jobs: Jobs) {
    for n in 1..=100 {
        jobs.submitted(n).await;
    }
    let jobs = Arc::new(jobs);
    let work = |worker: u64| {
        let jobs = Arc::clone(&jobs);
        tokio::spawn(async move {
            let mut claimed = Vec::new();
            loop {
                let leases = (0..3).map(|i| lease(worker * 1000 + claimed.len() as u64 + i));
                let got = jobs.queue.claim(Claim::new(leases.collect(), now())).await.unwrap();
                if got.is_empty() {
                    return claimed;
                }
                claimed.extend(got.into_iter().map(|job| job.id));
            }
        })
    };
    let tasks: Vec<_> = (1..=8).map(work).collect();
    let mut all = Vec::new();
    for task in tasks {
        all.extend(task.await.unwrap());
    }
    let distinct: BTreeSet<_> = all.iter().copied().collect();
    assert_eq!((all.len(), distinct.len()), (100, 100));
}
