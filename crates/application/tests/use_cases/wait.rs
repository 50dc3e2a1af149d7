use std::time::Duration;

use tapedeck_domain::job::{Backtest, Status};
use tapedeck_domain::port::Clock as _;
use tapedeck_testkit::builders::id;
use tapedeck_testkit::{Script, drive, settle};
use tokio::task::JoinHandle;

use crate::world::World;

const MINUTE: Duration = Duration::from_secs(60);

fn waiting(world: &World) -> JoinHandle<Option<Backtest>> {
    let inspect = world.inspect();
    tokio::spawn(async move { inspect.wait(id(1), MINUTE).await.unwrap() })
}

#[tokio::test]
async fn a_job_that_has_ended_and_one_that_never_was_are_not_waited_for() {
    let world = World::new();
    assert_eq!(waiting(&world).await.unwrap(), None);
    let ended = world.ran(Script::Succeed).await;
    assert_eq!(waiting(&world).await.unwrap(), Some(ended));
}

#[tokio::test]
async fn the_end_is_told_without_time_passing() {
    let world = World::new();
    world.queued().await;
    let waiting = waiting(&world);
    settle().await;
    assert!(!waiting.is_finished());
    world.apply(world.wish()).await;
    let job = waiting.await.unwrap().unwrap();
    assert_eq!(job.state.status(), Status::Cancelled);
}

#[tokio::test]
async fn an_end_that_nobody_signals_is_seen_within_a_second() {
    let world = World::without_signals();
    world.queued().await;
    let waiting = waiting(&world);
    settle().await;
    world.apply(world.wish()).await;
    settle().await;
    assert!(!waiting.is_finished());
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(waiting.await.unwrap().unwrap().state.status(), Status::Cancelled);
}

#[tokio::test]
async fn patience_ends_and_the_job_is_shown_as_it_is() {
    let world = World::new();
    let queued = world.queued().await;
    let (start, waiting) = (world.clock.monotonic(), waiting(&world));
    drive(&world.clock, Duration::from_millis(500), async || waiting.is_finished()).await;
    assert_eq!(waiting.await.unwrap(), Some(queued));
    assert_eq!(world.clock.monotonic() - start, MINUTE);
}
