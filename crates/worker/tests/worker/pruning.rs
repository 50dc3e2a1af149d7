use std::sync::Arc;
use std::time::Duration;

use tapedeck_application::{Retain, Retention, RetentionPolicy, RetentionPorts};
use tapedeck_domain::job::Status;
use tapedeck_testkit::memory::MemoryArtifacts;
use tapedeck_testkit::{Script, settle};
use tapedeck_worker::Pruner;
use tokio::task::JoinHandle;

use crate::world::World;

const HOUR: Duration = Duration::from_secs(60 * 60);

impl World {
    /// Keeps the latest job of those that succeeded.
    fn prune(&self, every: Option<Duration>) -> JoinHandle<()> {
        let ports = RetentionPorts {
            jobs: self.jobs.clone(),
            expiry: self.jobs.clone(),
            audit: self.jobs.clone(),
            artifacts: Arc::new(MemoryArtifacts::default()),
            clock: self.clock.clone(),
        };
        let policy = RetentionPolicy {
            jobs: vec![Retain { status: Status::Succeeded, age: None }],
            keep_latest: Some(1),
            keys: 24 * HOUR,
        };
        let retention = Retention::new(ports, policy);
        let pruner = Pruner { retention, every, clock: self.clock.clone() };
        tokio::spawn(pruner.run(self.shutdown.clone()))
    }

    async fn pass(&self, time: Duration) -> u64 {
        settle().await;
        self.clock.advance(time);
        settle().await;
        self.count(Status::Succeeded).await
    }

    async fn with_three_done() -> Self {
        let world = Self::new([Script::Succeed, Script::Succeed, Script::Succeed]);
        let worker = world.work(3);
        world.submit(3).await;
        world.seconds(2).await;
        assert_eq!(world.count(Status::Succeeded).await, 3);
        world.shutdown.cancel();
        worker.await.unwrap();
        Self { shutdown: tokio_util::sync::CancellationToken::new(), ..world }
    }
}

#[tokio::test]
async fn the_first_pass_comes_soon_and_then_one_each_interval_until_the_shutdown() {
    let world = World::with_three_done().await;
    let pruner = world.prune(Some(HOUR));
    assert_eq!(world.pass(Duration::from_secs(59)).await, 3);
    assert_eq!(world.pass(Duration::from_secs(1)).await, 1);
    world.shutdown.cancel();
    pruner.await.unwrap();
}

#[tokio::test]
async fn an_interval_of_nothing_means_never() {
    let world = World::with_three_done().await;
    world.prune(None).await.unwrap();
    assert_eq!(world.pass(48 * HOUR).await, 3);
}

#[tokio::test]
async fn several_at_once_do_no_harm() {
    let world = World::with_three_done().await;
    let pruners = [world.prune(Some(HOUR)), world.prune(Some(HOUR))];
    assert_eq!(world.pass(Duration::from_secs(60)).await, 1);
    assert_eq!(world.pass(HOUR).await, 1);
    assert!(pruners.iter().all(|pruner| !pruner.is_finished()));
    world.shutdown.cancel();
}
