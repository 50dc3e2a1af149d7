use tapedeck_domain::actor::Actor;
use tapedeck_domain::job::{FailureReason, JobEvent, JobState, Progress, Status, transition};
use tapedeck_domain::port::{Clock as _, JobQueue as _, JobStore as _};
use tapedeck_testkit::builders::{day, lease, new_job_of, sweep_submission};
use tapedeck_testkit::{Script, settle};

use crate::world::{LEASE, World};

/// What the tests let pass at a time.
const SECOND: std::time::Duration = std::time::Duration::from_secs(1);

fn is(status: Status) -> impl Fn(&JobState) -> bool {
    move |state| state.status() == status
}

/// A worker that only looks after leases, and a job that another one has taken.
async fn observed() -> World {
    let world = World::new([]);
    world.submit(1).await;
    world.claimed_elsewhere(1).await;
    drop(world.work(0));
    settle().await;
    world
}

#[tokio::test]
async fn a_lease_that_stands_still_for_its_time_is_dead_and_the_job_is_queued_again() {
    let world = observed().await;
    let took = world.until(is(Status::Queued)).await;
    // First seen after a sixteenth of the time, and looked at every sixteenth.
    assert!((LEASE..=LEASE + LEASE / 8 + SECOND).contains(&took), "{took:?}");
    assert_eq!(world.job().await.attempt, 1, "the attempt is spent");
}

#[tokio::test]
async fn a_job_whose_workers_are_lost_too_often_has_failed() {
    let world = observed().await;
    world.until(is(Status::Queued)).await;
    world.seconds(2).await;
    world.claimed_elsewhere(2).await;
    let took = world.until(is(Status::Failed)).await;
    assert!(took >= LEASE, "the second lease has its time, too: {took:?}");
    let JobState::Failed { failure, .. } = world.job().await.state else { panic!() };
    assert_eq!(failure.reason, FailureReason::WorkerLost);
}

#[tokio::test]
async fn a_lost_job_that_was_to_be_cancelled_is_cancelled() {
    let world = observed().await;
    let request_id = "request-1".parse().unwrap();
    let wish =
        tapedeck_domain::job::Cancellation { at: day(0), request_id, by: Actor::anonymous() };
    let change = transition(&world.job().await, JobEvent::Cancel(wish), day(0)).unwrap();
    world.jobs.commit(vec![change]).await.unwrap();
    world.until(is(Status::Cancelled)).await;
}

#[tokio::test]
async fn a_wall_clock_that_jumps_changes_nothing() {
    let world = observed().await;
    world.seconds(15).await;
    for jump in [day(365), day(-365), day(0)] {
        world.clock.jump_to(jump);
        world.seconds(5).await;
        assert_eq!(world.job().await.state.status(), Status::Running, "{jump}");
    }
    let took = world.until(is(Status::Queued)).await;
    assert!(took.as_secs() <= 30, "nor does it make a lease live longer: {took:?}");
}

#[tokio::test]
async fn a_lease_that_is_renewed_lives_whatever_else_its_worker_writes() {
    let world = observed().await;
    for bars_done in 1..=30 {
        let progress = Progress { bars_done, bars_total: 99, sim_time: None, peak_rss_bytes: None };
        let now = world.clock.now();
        let change = transition(&world.job().await, JobEvent::Progress(progress), now).unwrap();
        assert_eq!(world.jobs.commit(vec![change]).await.unwrap(), [Ok(())]);
        assert_eq!(world.jobs.renew(vec![lease(1).id]).await.unwrap().len(), 1);
        world.seconds(10).await;
    }
    assert_eq!(world.job().await.state.lease(), Some(lease(1)));
}

#[tokio::test]
async fn a_worker_keeps_the_leases_of_its_own_runs() {
    let world = World::new([Script::UntilStopped { bars_done: 2 }]);
    world.submit(1).await;
    drop(world.work(1));
    settle().await;
    let lease = world.job().await.state.lease();
    world.seconds(300).await;
    let job = world.job().await;
    assert_eq!((job.attempt, job.state.lease()), (1, lease));
}

#[tokio::test]
async fn a_run_that_panics_is_tried_again_like_one_whose_worker_was_lost() {
    let world = World::new([Script::Panic]);
    world.submit(1).await;
    drop(world.work(1));
    let took = world.until(is(Status::Succeeded)).await;
    assert!(took >= LEASE, "{took:?}");
    assert_eq!(world.job().await.attempt, 2);
}

#[tokio::test]
async fn a_sweep_whose_worker_is_lost_is_run_again() {
    let world = World::new([]);
    let new = new_job_of(1, |submission| *submission = sweep_submission(1));
    world.jobs.submit(new).await.unwrap();
    world.claimed_elsewhere(1).await;
    drop(world.work(1));
    let took = world.until(is(Status::Succeeded)).await;
    assert!(took >= LEASE, "not before its lease was dead: {took:?}");
    let job = world.job().await;
    assert_eq!((job.attempt, world.runner.started()), (2, 1));
    let JobState::Succeeded { outcome, .. } = job.state else { panic!("{:?}", job.state) };
    assert!(outcome.headline.is_some(), "that of the best combination");
}
