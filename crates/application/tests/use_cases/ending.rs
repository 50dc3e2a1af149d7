//! How the end of a run is committed, and what becomes of one whose results cannot be kept.

use std::time::Duration;

use tapedeck_application::StopCause;
use tapedeck_domain::job::{Backtest, JobState, LONGEST_PAUSE, LogBody, RequeueReason, Status};
use tapedeck_domain::port::{Claim, Clock as _, JobQueue as _, RunError, StorageError};
use tapedeck_testkit::builders::lease;
use tapedeck_testkit::{Script, drive, settle};

use crate::world::{Run, World};

fn soon() -> Script {
    Script::SucceedAfter(Duration::from_millis(100))
}

impl World {
    /// The job 1 running, to succeed soon.
    async fn about_to_end(&self) -> Run {
        let job = self.claimed().await;
        let run = self.start(job, soon());
        settle().await;
        run
    }
}

/// When a job that was put off is tried again, and what its log says about it.
async fn put_off(world: &World, job: &Backtest) -> (Duration, String) {
    let JobState::Queued { retry_at: Some(retry_at) } = job.state else {
        panic!("{:?}", job.state)
    };
    assert_eq!(job.attempt, 0, "no attempt is spent");
    let log = world.log().await;
    let [.., LogBody::Log { message, .. }, LogBody::Queued { reason, .. }] = log.as_slice() else {
        panic!("{log:?}")
    };
    assert_eq!(*reason, Some(RequeueReason::Snoozed));
    let pause = retry_at.as_nanos() - world.clock.now().as_nanos();
    (Duration::from_nanos(pause.try_into().unwrap()), message.clone())
}

#[tokio::test]
async fn an_end_that_nothing_disturbs_takes_one_call_of_the_store() {
    let world = World::new();
    let run = world.about_to_end().await;
    let before = world.store.calls();
    assert_eq!(world.end(run).await.state.status(), Status::Succeeded);
    assert_eq!(world.store.calls() - before, 1);
}

#[tokio::test]
async fn an_end_after_progress_takes_one_call_too() {
    let world = World::new();
    let job = world.claimed().await;
    let run = world.start(job, Script::SucceedAfter(Duration::from_millis(300)));
    assert_eq!(world.end(run).await.state.status(), Status::Succeeded);
    assert_eq!(world.store.calls(), 2, "one of progress and one of the end");
    assert!(world.log().await.iter().any(|body| matches!(body, LogBody::Progress(_))));
}

#[tokio::test]
async fn a_store_that_fails_at_the_end_is_asked_until_it_answers() {
    for failures in [1, 2, 19, 60] {
        let world = World::new();
        let run = world.about_to_end().await;
        world.store.fail_next(failures);
        let job = world.end(run).await;
        assert_eq!(job.state.status(), Status::Succeeded, "{failures} failures");
    }
}

#[tokio::test]
async fn a_worker_that_goes_away_asks_a_failing_store_a_few_times_only() {
    let world = World::new();
    let run = world.about_to_end().await;
    world.store.fail_next(500);
    let (start, step) = (world.clock.monotonic(), Duration::from_millis(50));
    drive(&world.clock, step, async || world.store.calls() > 5).await;
    run.handle.stop(StopCause::Shutdown);
    assert_eq!(
        world.end(run).await.state.status(),
        Status::Running,
        "its lease will be found dead"
    );
    let took = world.clock.monotonic() - start;
    assert!(took < Duration::from_secs(20), "{took:?}");
}

#[tokio::test]
async fn a_run_that_lost_its_lease_asks_a_failing_store_no_more() {
    let world = World::new();
    let run = world.about_to_end().await;
    world.store.fail_next(500);
    let step = Duration::from_millis(50);
    drive(&world.clock, step, async || world.store.calls() > 5).await;
    run.handle.stop(StopCause::LeaseLost);
    assert_eq!(world.end(run).await.state.status(), Status::Running);
    assert!(world.store.calls() < 10, "{}", world.store.calls());
}

#[tokio::test]
async fn a_conflict_at_the_end_is_decided_anew() {
    let world = World::new();
    let run = world.about_to_end().await;
    world.store.conflict_next(2);
    assert_eq!(world.end(run).await.state.status(), Status::Succeeded);
}

#[tokio::test]
async fn a_report_store_that_fails_is_asked_until_it_answers() {
    for failures in [1, 5, 19] {
        let world = World::new();
        world.flaky_reports.fail_next(failures);
        let job = world.ran(Script::Succeed).await;
        assert_eq!(job.state.status(), Status::Succeeded, "{failures} failures");
    }
}

#[tokio::test]
async fn a_run_whose_report_store_stays_away_is_put_off() {
    let world = World::new();
    world.flaky_reports.fail_next(20);
    let job = world.ran(Script::Succeed).await;
    let (pause, why) = put_off(&world, &job).await;
    assert!((15..=45).contains(&pause.as_secs()) && pause <= LONGEST_PAUSE, "{pause:?}");
    assert_eq!(why, "the store of its results does not answer");
}

#[tokio::test]
async fn a_run_whose_report_store_is_full_is_put_off_at_once_and_succeeds_later() {
    let world = World::new();
    world.full_reports();
    let start = world.clock.monotonic();
    let job = world.ran(Script::Succeed).await;
    assert_eq!(world.clock.monotonic(), start, "room is not made in seconds");
    let (pause, why) = put_off(&world, &job).await;
    assert_eq!(why, "the store of its results is full");
    world.make_room();
    world.clock.advance(pause);
    let again = world.jobs.claim(Claim::new(vec![lease(2)], world.clock.now())).await.unwrap();
    let run = world.start(again[0].clone(), Script::Succeed);
    let job = world.end(run).await;
    assert_eq!((job.state.status(), job.attempt), (Status::Succeeded, 1));
}

#[tokio::test]
async fn a_run_whose_time_is_up_ends_so_although_its_part_cannot_be_kept() {
    let world = World::new();
    world.full_reports();
    let job = world.ran(Script::UntilStopped { bars_done: 2 }).await;
    let JobState::TimedOut { partial, .. } = job.state else { panic!("{:?}", job.state) };
    assert_eq!(partial, None);
}

#[tokio::test]
async fn bars_that_cannot_be_read_now_put_the_run_off() {
    let world = World::new();
    let away = RunError::Unavailable(StorageError::unavailable("secret"));
    let job = world.ran(Script::Fail(away)).await;
    let (_, why) = put_off(&world, &job).await;
    assert_eq!(why, "the store of its data does not answer");
}

#[tokio::test]
async fn a_job_that_was_to_be_cancelled_is_not_put_off_but_cancelled() {
    let world = World::new();
    let run = world.about_to_end().await;
    world.full_reports();
    world.apply(world.wish()).await;
    assert_eq!(world.end(run).await.state.status(), Status::Cancelled);
}
