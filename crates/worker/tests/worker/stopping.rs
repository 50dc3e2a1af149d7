//! What becomes of runs when the worker is to stop, and when their own end is asked for.

use std::time::Duration;

use tapedeck_domain::actor::Actor;
use tapedeck_domain::job::{Cancellation, JobEvent, Status};
use tapedeck_domain::port::Clock as _;
use tapedeck_testkit::{Script, drive, settle};
use tapedeck_worker::WorkerOptions;

use crate::world::{LEASE, World};

fn draining(scripts: impl IntoIterator<Item = Script>, drain: Duration) -> World {
    World::with(scripts, WorkerOptions { drain, ..World::new([]).options })
}

/// Asks the worker to stop; how long that took.
async fn stopped(world: &World, worker: tokio::task::JoinHandle<()>) -> Duration {
    settle().await;
    world.shutdown.cancel();
    let start = world.clock.monotonic();
    drive(&world.clock, Duration::from_millis(50), async || worker.is_finished()).await;
    worker.await.unwrap();
    world.clock.monotonic() - start
}

#[tokio::test]
async fn a_run_that_ends_while_the_worker_drains_has_ended() {
    let run = || Script::SucceedAfter(Duration::from_secs(5));
    let world = draining([run(), run()], Duration::from_secs(10));
    world.submit(3).await;
    let worker = world.work(2);
    let took = stopped(&world, worker).await;
    assert!((4..=6).contains(&took.as_secs()), "it waits no longer than it must: {took:?}");
    assert_eq!(world.count(Status::Succeeded).await, 2);
    assert_eq!(world.count(Status::Queued).await, 1, "nothing new was claimed");
}

#[tokio::test]
async fn a_run_that_takes_longer_than_the_drain_is_handed_back() {
    let world = draining([Script::UntilStopped { bars_done: 3 }], Duration::from_secs(10));
    world.submit(1).await;
    let worker = world.work(1);
    let took = stopped(&world, worker).await;
    assert!((10..=11).contains(&took.as_secs()), "{took:?}");
    let job = world.job().await;
    assert_eq!((job.state.status(), job.attempt), (Status::Queued, 0));
}

#[tokio::test]
async fn leases_are_kept_while_the_worker_drains() {
    let world = draining([Script::SucceedAfter(LEASE * 4)], LEASE * 5);
    world.submit(1).await;
    let _observer = World { shutdown: Default::default(), ..clone(&world) }.work(0);
    let worker = world.work(1);
    stopped(&world, worker).await;
    let job = world.job().await;
    assert_eq!((job.state.status(), job.attempt), (Status::Succeeded, 1));
}

fn clone(world: &World) -> World {
    World {
        clock: world.clock.clone(),
        jobs: world.jobs.clone(),
        reports: world.reports.clone(),
        runner: world.runner.clone(),
        ids: world.ids.clone(),
        shutdown: world.shutdown.clone(),
        options: world.options,
        pulse: world.pulse.clone(),
    }
}

#[tokio::test]
async fn a_signalled_cancellation_stops_the_run_that_it_concerns_without_time_passing() {
    let stuck = || Script::UntilStopped { bars_done: 2 };
    let world = World::new([stuck(), stuck()]);
    world.submit(2).await;
    let _worker = world.work(2);
    settle().await;
    let request_id = "request-1".parse().unwrap();
    let wish = Cancellation { at: world.clock.now(), request_id, by: Actor::anonymous() };
    world.apply(JobEvent::Cancel(wish)).await;
    settle().await;
    // The script looks every 10 ms whether it is to stop.
    world.clock.advance(Duration::from_millis(10));
    settle().await;
    assert_eq!(world.job().await.state.status(), Status::Cancelled);
    assert_eq!(world.runner.running(), 1, "the other goes on");
}
