use tapedeck_domain::id::BacktestId;
use tapedeck_domain::job::{JobEvent, LONGEST_PAUSE, Priority};
use tapedeck_domain::port::Claim;
use tapedeck_domain::time::Timestamp;

use crate::builders::{id, lease, new_job_of};
use crate::conformance::Jobs;
use crate::conformance::on_jobs::{change, lose, now};

impl Jobs {
    /// The ids that a claim gets, in its order.
    pub(super) async fn claims(&self, claim: Claim) -> Vec<BacktestId> {
        let claimed = self.queue.claim(claim).await.unwrap();
        claimed.into_iter().map(|job| job.id).collect()
    }

    async fn submitted_for(&self, n: u64, not_before: Timestamp) {
        let new = new_job_of(n, |submission| submission.not_before = Some(not_before));
        self.store.submit(new).await.unwrap();
    }

    async fn batch(&self, n: u64) {
        let new = new_job_of(n, |submission| submission.priority = Priority::Batch);
        self.store.submit(new).await.unwrap();
    }
}

/// Leases `from`, `from + 1` and so on.
pub(super) fn leases(from: u64, n: u64) -> Claim {
    Claim::new((from..from + n).map(lease).collect(), now())
}

fn at(claim: Claim, now: Timestamp) -> Claim {
    Claim { now, ..claim }
}

fn snooze(retry_at: Timestamp) -> JobEvent {
    JobEvent::Snooze { retry_at, why: "no room".to_owned() }
}

/// Ids and moments of submission are those of clocks that were set back, or of other machines.
pub async fn claim_takes_jobs_in_the_order_in_which_they_were_added_whatever_the_clocks_said(
    jobs: Jobs,
) {
    for n in [3, 1, 4, 2] {
        jobs.submitted(n).await;
    }
    assert_eq!(jobs.claims(leases(1, 2)).await, [id(3), id(1)]);
    jobs.submitted(5).await;
    assert_eq!(jobs.claims(leases(3, 9)).await, [id(4), id(2), id(5)]);
}

/// Others go first meanwhile; however far away the moment is.
pub async fn a_job_is_not_claimed_before_its_moment(jobs: Jobs) {
    let moment = now().saturating_add_nanos(1);
    jobs.submitted_for(1, moment).await;
    jobs.submitted_for(2, now().plus(LONGEST_PAUSE * 1000)).await;
    jobs.submitted_for(3, now()).await;
    assert_eq!(jobs.claims(leases(1, 9)).await, [id(3)]);
    assert_eq!(jobs.claims(at(leases(11, 9), moment)).await, [id(1)]);
}

/// Whatever it was that the start came to.
pub async fn a_job_is_not_claimed_before_it_is_to_be_tried_again(jobs: Jobs) {
    let retry_at = now().plus(LONGEST_PAUSE);
    let lost = JobEvent::LoseWorker { max_attempts: 5, retry_at };
    for (n, event) in [(1, lost), (2, snooze(retry_at))] {
        let running = jobs.running(n).await;
        jobs.commit(change(&running, event)).await.unwrap();
    }
    assert_eq!(jobs.claims(leases(11, 9)).await, []);
    let shortly_before = retry_at.saturating_add_nanos(-1);
    assert_eq!(jobs.claims(at(leases(21, 9), shortly_before)).await, []);
    assert_eq!(jobs.claims(at(leases(31, 9), retry_at)).await, [id(1), id(2)]);
}

/// The clock was set back since: no pause is that long.
pub async fn a_retry_that_seems_far_away_holds_no_job_up(jobs: Jobs) {
    let running = jobs.running(1).await;
    let retry_at = now().plus(LONGEST_PAUSE).saturating_add_nanos(1);
    jobs.commit(change(&running, snooze(retry_at))).await.unwrap();
    assert_eq!(jobs.claims(leases(11, 9)).await, [id(1)]);
}

/// What was not the job's fault costs it nothing.
pub async fn a_job_that_is_queued_again_keeps_its_place(jobs: Jobs) {
    jobs.running(1).await;
    jobs.submitted(2).await;
    for (n, event) in (11..).zip([JobEvent::Release, lose(9), snooze(now())]) {
        jobs.apply(id(1), event).await;
        assert_eq!(jobs.claims(leases(n, 1)).await, [id(1)], "before those that came later");
    }
}

/// So that they never starve, however much is urgent.
pub async fn claim_gives_as_many_leases_to_batch_jobs_first_as_it_is_told(jobs: Jobs) {
    for n in [1, 2, 3, 4] {
        jobs.submitted(n).await;
    }
    for n in [8, 7, 6, 5] {
        jobs.batch(n).await;
    }
    let first = |claim, batch_first| Claim { batch_first, ..claim };
    assert_eq!(jobs.claims(first(leases(11, 3), 1)).await, [id(8), id(1), id(2)]);
    assert_eq!(jobs.claims(first(leases(21, 1), 9)).await, [id(7)], "no more than leases");
    assert_eq!(jobs.claims(first(leases(31, 3), 2)).await, [id(6), id(5), id(3)]);
    assert_eq!(jobs.claims(first(leases(41, 2), 2)).await, [id(4)], "no batch job is left");
}
