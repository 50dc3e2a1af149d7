use std::time::Duration;

use tapedeck_domain::job::Status;
use tapedeck_testkit::{Script, drive, settle};

use crate::world::World;

fn stuck() -> Script {
    Script::UntilStopped { bars_done: 1 }
}

#[tokio::test]
async fn as_many_jobs_run_as_may_and_no_more() {
    let world = World::new([stuck(), stuck(), stuck(), stuck()]);
    world.submit(4).await;
    let _worker = world.work(2);
    settle().await;
    assert_eq!((world.runner.running(), world.runner.started()), (2, 2));
    world.seconds(5).await;
    assert_eq!(world.runner.started(), 2);
    assert_eq!(world.count(Status::Queued).await, 2);
}

#[tokio::test]
async fn a_job_that_ends_makes_room_for_the_next() {
    let second = || Script::SucceedAfter(Duration::from_secs(1));
    let world = World::new([second(), second(), second(), second(), second()]);
    world.submit(5).await;
    let _worker = world.work(2);
    let step = Duration::from_millis(50);
    drive(&world.clock, step, async || {
        assert!(world.runner.running() <= 2);
        world.count(Status::Succeeded).await == 5
    })
    .await;
    assert_eq!(world.runner.started(), 5);
}

#[tokio::test]
async fn a_new_job_wakes_the_worker_without_time_passing() {
    let world = World::new([]);
    let _worker = world.work(2);
    settle().await;
    world.submit(1).await;
    settle().await;
    assert_eq!(world.job().await.state.status(), Status::Succeeded);
}

#[tokio::test]
async fn a_shutdown_hands_back_what_runs_and_claims_nothing_more() {
    let world = World::new([stuck(), stuck()]);
    world.submit(3).await;
    let worker = world.work(2);
    settle().await;
    world.shutdown.cancel();
    let step = Duration::from_millis(10);
    drive(&world.clock, step, async || worker.is_finished()).await;
    worker.await.unwrap();
    assert_eq!(world.count(Status::Queued).await, 3);
    assert_eq!((world.job().await.attempt, world.runner.started()), (0, 2));
}
