use super::order::leases;
use crate::builders::{id, lease};
use crate::conformance::Jobs;
use crate::conformance::on_jobs::succeed;

/// By anybody, whatever waits.
pub async fn nothing_is_claimed_while_the_queue_is_paused(jobs: Jobs) {
    jobs.submitted(1).await;
    assert!(jobs.pause("maintenance").await);
    jobs.submitted(2).await;
    assert_eq!(jobs.claims(leases(1, 9)).await, []);
}

/// In the order of old.
pub async fn claims_go_on_when_the_pause_is_over(jobs: Jobs) {
    jobs.submitted(2).await;
    jobs.pause("maintenance").await;
    jobs.submitted(1).await;
    assert!(jobs.resume().await);
    assert_eq!(jobs.claims(leases(1, 9)).await, [id(2), id(1)]);
}

/// Its worker goes on.
pub async fn a_pause_does_not_touch_what_runs(jobs: Jobs) {
    let running = jobs.running(1).await;
    jobs.pause("maintenance").await;
    assert_eq!(jobs.found(id(1)).await, running);
    assert_eq!(jobs.queue.renew(vec![lease(1).id]).await.unwrap(), [lease(1).id]);
    jobs.apply(id(1), succeed()).await;
}
