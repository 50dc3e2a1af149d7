//! A lease is dead on evidence only: what an observer did not see, it does not hold against a
//! worker.

use std::sync::Arc;
use std::time::Duration;

use tapedeck_domain::job::{JobState, Lease, Status};
use tapedeck_testkit::{Script, settle};

use crate::stoppable::Stoppable;
use crate::world::{LEASE, World};

/// A worker that runs the job 1, and an observer that has nothing of its own, both over a store
/// that can be stopped.
async fn watched() -> (World, Arc<Stoppable>, Lease) {
    let world = World::new([Script::UntilStopped { bars_done: 1 }]);
    let store = Stoppable::new(world.jobs.clone());
    world.submit(1).await;
    drop(world.work_through(&store, 1));
    drop(world.work_through(&store, 0));
    world.seconds(60).await;
    let lease = world.job().await.state.lease().unwrap();
    (world, store, lease)
}

/// Whether the job 1 is still run as it was.
async fn nobody_was_reaped(world: &World, lease: Lease) {
    let job = world.job().await;
    assert_eq!((job.attempt, job.state.lease()), (1, Some(lease)));
    assert_eq!((world.runner.running(), world.runner.started()), (1, 1));
}

#[tokio::test]
async fn a_store_that_was_frozen_for_three_lease_times_costs_nobody_their_job() {
    let (world, store, lease) = watched().await;
    store.stop();
    world.seconds(120).await;
    store.go_on();
    world.seconds(120).await;
    nobody_was_reaped(&world, lease).await;
}

#[tokio::test]
async fn a_store_that_freezes_again_and_again_does_not_either() {
    let (world, store, lease) = watched().await;
    for _ in 0..20 {
        store.stop();
        world.seconds(50).await;
        store.go_on();
        world.seconds(1).await;
    }
    nobody_was_reaped(&world, lease).await;
}

#[tokio::test]
async fn a_store_that_takes_no_writes_does_not_either() {
    let (world, store, lease) = watched().await;
    for seconds in [30, 45, 83, 120, 121, 150, 1000] {
        store.refuse_writes(true);
        world.seconds(seconds).await;
        store.refuse_writes(false);
        world.seconds(60).await;
        nobody_was_reaped(&world, lease).await;
    }
}

#[tokio::test]
async fn a_machine_that_slept_does_not_either() {
    let (world, _store, lease) = watched().await;
    for _ in 0..10 {
        world.clock.advance(LEASE * 3);
        settle().await;
        world.seconds(1).await;
    }
    nobody_was_reaped(&world, lease).await;
}

#[tokio::test]
async fn a_dead_worker_is_found_after_the_store_was_frozen_too() {
    let world = World::new([]);
    let store = Stoppable::new(world.jobs.clone());
    world.submit(1).await;
    world.claimed_elsewhere(1).await;
    drop(world.work_through(&store, 0));
    world.seconds(20).await;
    store.stop();
    world.seconds(200).await;
    store.go_on();
    let took = world.until(|state| state.status() == Status::Queued).await;
    assert!((15..=30).contains(&took.as_secs()), "what was seen before counts: {took:?}");
}

#[tokio::test]
async fn a_worker_that_was_stopped_past_its_lease_stops_its_run_and_writes_nothing() {
    let world = World::new([Script::UntilStopped { bars_done: 1 }]);
    let stopped = Stoppable::new(world.jobs.clone());
    world.submit(1).await;
    let _first = world.work_through(&stopped, 1);
    settle().await;
    stopped.stop();
    let _second = world.work(1);
    let took = world.until(|state| state.status() == Status::Succeeded).await;
    assert!(took >= LEASE, "{took:?}");
    let after = world.job().await;
    assert_eq!((after.attempt, world.runner.running(), world.reports.count()), (2, 1, 1));
    stopped.go_on();
    world.seconds(2).await;
    assert_eq!(world.runner.running(), 0, "the run that lost its lease was stopped");
    assert_eq!(world.job().await, after);
    assert_eq!(world.reports.count(), 1);
}

#[tokio::test]
async fn a_lost_job_waits_longer_after_each_loss() {
    let world = World::with(
        [],
        tapedeck_worker::WorkerOptions { max_attempts: 5, ..World::new([]).options },
    );
    world.submit(1).await;
    drop(world.work(0));
    for attempt in 1..=4_u64 {
        world.claimed_elsewhere(attempt).await;
        world.until(|state| state.status() == Status::Queued).await;
        let job = world.job().await;
        let JobState::Queued { retry_at: Some(at) } = job.state else { panic!("{:?}", job.state) };
        let waited = tapedeck_domain::port::Clock::now(world.clock.as_ref());
        let pause = Duration::from_millis(at.millis_since(waited));
        let usual = Duration::from_secs(1 << (attempt - 1));
        // It was found up to a second before this looked.
        assert!(pause + Duration::from_secs(1) >= usual / 2, "{attempt}: {pause:?}");
        assert!(pause <= usual * 3 / 2, "{attempt}: {pause:?}");
        world.seconds(15).await;
    }
}
