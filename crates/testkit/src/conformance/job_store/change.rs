use std::sync::Arc;

use tapedeck_domain::job::{Conflict, JobEvent, Status};
use tapedeck_domain::port::{JobFilter, Page, Submitted};

use crate::builders::{id, idempotency, lease, new_job, new_job_of, removal};
use crate::conformance::Jobs;
use crate::conformance::on_jobs::{cancel, change, fail, progress, succeed};

/// State, attempt, revision and log alike.
pub async fn commit_applies_the_whole_change(jobs: Jobs) {
    let queued = jobs.submitted(1).await;
    let claim = change(&queued, JobEvent::Claim(lease(1)));
    assert_eq!(jobs.commit(claim.clone()).await, Ok(()));
    let running = jobs.found(id(1)).await;
    assert_eq!(running, queued.apply(&claim).unwrap());
    assert_eq!((running.revision, running.attempt), (2, 1));
    assert_eq!(jobs.feed.events(id(1), 1).await.unwrap(), claim.log);
}

/// An entry of the log that is taken cannot be added, so the state stays as well, and what came
/// before it in the same call is no half of anything.
pub async fn a_change_that_cannot_be_kept_changes_nothing(jobs: Jobs) {
    let job = jobs.submitted(1).await;
    let mut impossible = change(&job, cancel());
    impossible.log[0].seq = 1;
    assert!(jobs.store.commit(vec![impossible]).await.is_err());
    assert_eq!(jobs.found(id(1)).await, job);
    assert_eq!(jobs.seqs(id(1)).await, [1]);
}

/// Every state can be written and read.
pub async fn commit_keeps_every_part_of_a_state(jobs: Jobs) {
    let mut job = jobs.submitted(1).await;
    let stop = JobEvent::Stop { partial: None };
    for event in [JobEvent::Claim(lease(1)), progress(3), cancel(), stop] {
        let expected = job.apply(&change(&job, event.clone())).unwrap();
        job = jobs.apply(id(1), event).await;
        assert_eq!(job, expected);
    }
}

/// Nothing is changed then, and nothing is logged.
pub async fn a_change_of_a_job_that_is_gone_is_refused(jobs: Jobs) {
    let job = jobs.submitted(1).await;
    let late = change(&job, cancel());
    jobs.delete(job.id, job.revision).await.unwrap();
    assert_eq!(jobs.commit(late).await, Err(Conflict));
    assert_eq!(jobs.store.find(id(1)).await.unwrap(), None);
    assert_eq!(jobs.seqs(id(1)).await, [0_u64; 0]);
}

/// Nothing is changed then, and nothing is logged.
pub async fn a_change_of_another_revision_is_refused(jobs: Jobs) {
    let queued = jobs.submitted(1).await;
    let late = change(&queued, cancel());
    let running = jobs.claimed(1).await;
    assert_eq!(jobs.commit(late).await, Err(Conflict));
    assert_eq!(jobs.found(id(1)).await, running);
    assert_eq!(jobs.seqs(id(1)).await, [1, 2]);
}

/// Even if the revision should be right: a worker that lost its lease can change nothing.
pub async fn a_change_of_another_lease_is_refused(jobs: Jobs) {
    let running = jobs.running(1).await;
    let mut foreign = change(&running, succeed());
    foreign.fence = Some(lease(2).id);
    assert_eq!(jobs.commit(foreign).await, Err(Conflict));
    assert_eq!(jobs.found(id(1)).await, running);
    assert_eq!(jobs.seqs(id(1)).await, [1, 2]);
}

/// The lease of a job that was handed back is nobody's.
pub async fn a_fenced_change_of_a_job_without_a_lease_is_refused(jobs: Jobs) {
    let running = jobs.running(1).await;
    let mut late = change(&running, succeed());
    let queued = jobs.apply(id(1), JobEvent::Release).await;
    late.expected_revision = queued.revision;
    assert_eq!(jobs.commit(late).await, Err(Conflict));
    assert_eq!(jobs.found(id(1)).await, queued);
}

/// What a worker was asked for stays asked for.
pub async fn a_lease_outlives_a_wish_to_cancel(jobs: Jobs) {
    jobs.running(1).await;
    let cancelling = jobs.apply(id(1), cancel()).await;
    assert_eq!(cancelling.state.lease(), Some(lease(1)));
    let stopped = jobs.commit(change(&cancelling, JobEvent::Stop { partial: None })).await;
    assert_eq!(stopped, Ok(()));
}

/// One conflict does not take the others with it, and the answers are in order.
pub async fn the_others_of_a_batch_are_applied_all_the_same(jobs: Jobs) {
    let mut changes = Vec::new();
    for n in 1..=3 {
        changes.push(change(&jobs.submitted(n).await, cancel()));
    }
    changes[1].expected_revision = 9;
    let applied = jobs.store.commit(changes).await.unwrap();
    assert_eq!(applied, [Ok(()), Err(Conflict), Ok(())]);
    for (n, status) in [(1, Status::Cancelled), (2, Status::Queued), (3, Status::Cancelled)] {
        assert_eq!(jobs.found(id(n)).await.state.status(), status, "job {n}");
    }
    assert_eq!(jobs.seqs(id(2)).await, [1]);
}

/// The second of two changes of one job may rest on the first.
pub async fn changes_of_a_batch_see_those_before_them(jobs: Jobs) {
    let job = jobs.submitted(1).await;
    let first = change(&job, JobEvent::Claim(lease(1)));
    let second = change(&job.apply(&first).unwrap(), progress(2));
    let applied = jobs.store.commit(vec![first.clone(), second, first]).await.unwrap();
    assert_eq!(applied, [Ok(()), Ok(()), Err(Conflict)]);
    assert_eq!(jobs.seqs(id(1)).await, [1, 2, 3]);
}

/// And says nothing.
pub async fn a_batch_of_nothing_changes_nothing(jobs: Jobs) {
    assert_eq!(jobs.store.commit(Vec::new()).await.unwrap(), []);
}

/// Of two that decided on the same revision, one wins.
pub async fn of_changes_at_the_same_moment_one_is_applied(jobs: Jobs) {
    let jobs = Arc::new(jobs);
    let job = jobs.submitted(1).await;
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let (jobs, change) = (Arc::clone(&jobs), change(&job, cancel()));
            tokio::spawn(async move { jobs.commit(change).await })
        })
        .collect();
    let mut applied = 0;
    for task in tasks {
        applied += u32::from(task.await.unwrap().is_ok());
    }
    assert_eq!((applied, jobs.seqs(id(1)).await), (1, vec![1, 2]));
}

/// Nothing is found any more.
pub async fn delete_removes_the_job_with_its_log(jobs: Jobs) {
    jobs.running(1).await;
    let failed = jobs.apply(id(1), fail()).await;
    assert_eq!(jobs.delete(id(1), failed.revision).await, Ok(()));
    assert_eq!(jobs.store.find(id(1)).await.unwrap(), None);
    assert_eq!(jobs.seqs(id(1)).await, [0_u64; 0]);
    assert_eq!(jobs.count().await, 0);
}

/// A request with its key is a new one.
pub async fn delete_removes_the_keys_of_the_job(jobs: Jobs) {
    let keyed = |n| {
        let mut new = new_job(n);
        new.idempotency = Some(idempotency("key", "body"));
        new
    };
    let job = jobs.store.submit(keyed(1)).await.unwrap().job().clone();
    jobs.delete(job.id, job.revision).await.unwrap();
    let again = jobs.store.submit(keyed(2)).await.unwrap();
    assert!(matches!(again, Submitted::Created(job) if job.id == id(2)));
}

/// A job of the same id would not inherit them.
pub async fn delete_removes_the_tags_of_the_job(jobs: Jobs) {
    let tagged = new_job_of(1, |submission| submission.tags = vec!["a".parse().unwrap()]);
    let job = jobs.store.submit(tagged).await.unwrap().job().clone();
    jobs.delete(job.id, job.revision).await.unwrap();
    jobs.submitted(1).await;
    let filter = JobFilter { tag: Some("a".parse().unwrap()), ..JobFilter::default() };
    let page = Page { after: None, limit: 10 };
    assert_eq!(jobs.catalog.list(filter, page).await.unwrap(), []);
}

/// Nothing is removed then.
pub async fn delete_of_another_revision_is_refused(jobs: Jobs) {
    let job = jobs.submitted(1).await;
    jobs.claimed(1).await;
    assert_eq!(jobs.delete(id(1), job.revision).await, Err(Conflict));
    assert_eq!(jobs.delete(id(2), 1).await, Err(Conflict), "no such job");
    assert_eq!(jobs.seqs(id(1)).await, [1, 2]);
}

/// The answers are in order, and those that are refused do not take the others with them.
pub async fn each_of_several_removals_is_decided_on_its_own(jobs: Jobs) {
    for n in 1..=4 {
        jobs.submitted(n).await;
    }
    let removals = [(3, 1), (2, 9), (1, 1), (5, 1), (3, 1)];
    let removals = removals.map(|(n, revision)| removal(id(n), revision)).to_vec();
    let removed = jobs.store.delete(removals).await.unwrap();
    assert_eq!(removed, [Ok(()), Err(Conflict), Ok(()), Err(Conflict), Err(Conflict)]);
    assert_eq!(jobs.count().await, 2);
    assert_eq!(jobs.seqs(id(2)).await, [1]);
    assert_eq!(jobs.store.delete(Vec::new()).await.unwrap(), []);
}

/// Of two that saw the same revision, one wins: the job is gone, or it is what the change says.
pub async fn of_a_change_and_a_removal_at_the_same_moment_one_is_done(jobs: Jobs) {
    let jobs = Arc::new(jobs);
    for n in 1..=10 {
        let job = jobs.submitted(n).await;
        let (changing, removing) = (Arc::clone(&jobs), Arc::clone(&jobs));
        let change = change(&job, cancel());
        let changed = tokio::spawn(async move { changing.commit(change).await });
        let removed = tokio::spawn(async move { removing.delete(job.id, job.revision).await });
        let (changed, removed) = (changed.await.unwrap(), removed.await.unwrap());
        assert!(changed.is_ok() != removed.is_ok(), "{changed:?} {removed:?}");
        assert_eq!(jobs.store.find(id(n)).await.unwrap().is_some(), changed.is_ok());
    }
}
