//! What is told of a run under way.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use tapedeck_application::StopCause;
use tapedeck_domain::job::LogBody;
use tapedeck_domain::port::{BacktestRunner, Clock, Ran, RunError, RunRequest};
use tapedeck_testkit::builders::partial_report;
use tapedeck_testkit::{FakeClock, Script, ScriptedRunner, drive, settle};

use crate::world::{Run, World};

/// A run that gets to another bar every 10 ms until it is stopped, while it is not held.
struct Steady {
    clock: Arc<FakeClock>,
    hold_at: AtomicU64,
}

#[async_trait]
impl BacktestRunner for Steady {
    async fn run(&self, request: RunRequest) -> Result<Ran, RunError> {
        let mut bars = 0;
        while !request.control.is_stopped() {
            bars = self.hold_at.load(Ordering::SeqCst).min(bars + 1);
            request.control.advance(bars, request.spec.from);
            self.clock.sleep(Duration::from_millis(10)).await;
        }
        Ok(partial_report(2).into())
    }
}

/// The job 1 on its way, up to a bar at which it is held.
async fn under_way(world: &World, hold_at: u64) -> Run {
    let runner = Steady { clock: world.clock.clone(), hold_at: hold_at.into() };
    let sweeps = Arc::new(ScriptedRunner::new(world.clock.clone(), [Script::Succeed]));
    let job = world.claimed().await;
    world.start_on(Arc::new(runner), sweeps, job)
}

/// How many entries of progress ten seconds of it make.
async fn told_in_ten_seconds(world: &World, run: Run) -> usize {
    settle().await;
    let start = world.clock.monotonic();
    let (ten_seconds, step) = (Duration::from_secs(10), Duration::from_millis(10));
    drive(&world.clock, step, async || world.clock.monotonic() - start >= ten_seconds).await;
    run.handle.stop(StopCause::Shutdown);
    world.end(run).await;
    let log = world.log().await;
    log.iter().filter(|body| matches!(body, LogBody::Progress(_))).count()
}

#[tokio::test]
async fn progress_is_told_at_most_four_times_a_second() {
    let world = World::new();
    let run = under_way(&world, u64::MAX).await;
    let told = told_in_ten_seconds(&world, run).await;
    assert!((30..=40).contains(&told), "{told}");
}

#[tokio::test]
async fn a_run_that_does_not_get_further_tells_nothing() {
    let world = World::new();
    let run = under_way(&world, 20).await;
    let told = told_in_ten_seconds(&world, run).await;
    assert_eq!(told, 1);
}

#[tokio::test]
async fn progress_that_cannot_be_kept_does_not_stop_the_run() {
    let world = World::new();
    let run = under_way(&world, u64::MAX).await;
    settle().await;
    world.store.fail_next(8);
    let told = told_in_ten_seconds(&world, run).await;
    assert!((25..=36).contains(&told), "{told}");
}
