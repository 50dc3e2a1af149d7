use std::time::Duration;

use tapedeck_application::StopCause;
use tapedeck_domain::job::{FailureReason, Headline, JobState, LimitKind, LogBody, Status};
use tapedeck_domain::port::{Claim, Clock as _, JobQueue as _, ReportStore as _, RunError};
use tapedeck_testkit::builders::{lease, partial_report, report};
use tapedeck_testkit::{Script, settle};

use crate::world::{Run, World};

impl World {
    /// The job 1 running, two of its bars done, until it is stopped.
    async fn stuck(&self) -> Run {
        let job = self.claimed().await;
        let run = self.start(job, Script::UntilStopped { bars_done: 2 });
        settle().await;
        run
    }

    /// What is kept of a run that was stopped.
    async fn partial(&self) -> Option<tapedeck_domain::report::Report> {
        let job = self.job().await;
        self.reports.open(job.state.report()?).await.unwrap()
    }
}

#[tokio::test]
async fn a_run_to_the_end_succeeds_with_its_report() {
    let world = World::new();
    let job = world.ran(Script::Succeed).await;
    let JobState::Succeeded { outcome, .. } = &job.state else { panic!("{:?}", job.state) };
    assert_eq!(world.reports.open(&outcome.report).await.unwrap(), Some(report()));
    let metrics = report().metrics.unwrap();
    assert_eq!(outcome.headline, Some(Headline::from(&metrics)));
    let manifest = world.reports.manifest(&outcome.report).await.unwrap().unwrap();
    assert_eq!((manifest.backtest_id, manifest.specification), (job.id, job.submission.spec));
}

#[tokio::test]
async fn each_fault_of_a_run_has_its_reason_and_internals_stay_inside() {
    let internal = RunError::Internal("secret".into());
    for (error, reason, detail) in [
        (RunError::Data("no bars".to_owned()), FailureReason::DataError, "no bars"),
        (RunError::Strategy("no rules".to_owned()), FailureReason::StrategyError, "no rules"),
        (internal, FailureReason::Internal, "the run broke off; the log has the details"),
    ] {
        let job = World::new().ran(Script::Fail(error)).await;
        let JobState::Failed { failure, partial, .. } = job.state else { panic!() };
        assert_eq!((failure.reason, failure.detail.as_str()), (reason, detail));
        assert_eq!(partial, None);
    }
}

#[tokio::test]
async fn a_run_whose_time_is_up_is_stopped_and_its_part_is_kept() {
    let world = World::new();
    let start = world.clock.monotonic();
    let run = world.stuck().await;
    let job = world.end(run).await;
    let JobState::TimedOut { failure, .. } = job.state else { panic!("{:?}", job.state) };
    assert_eq!((failure.limit, failure.observed), (Some(LimitKind::TimeoutMs), Some(60_000)));
    assert_eq!(world.partial().await, Some(partial_report(2)));
    let took = world.clock.monotonic() - start;
    assert!((60_000..60_100).contains(&took.as_millis()), "{took:?}");
}

#[tokio::test]
async fn a_run_that_is_told_of_its_cancellation_stops_at_once() {
    let world = World::new();
    let start = world.clock.monotonic();
    let run = world.stuck().await;
    world.apply(world.wish()).await;
    run.handle.nudge();
    let job = world.end(run).await;
    assert_eq!(job.state.status(), Status::Cancelled);
    assert_eq!(world.partial().await, Some(partial_report(2)));
    let took = world.clock.monotonic() - start;
    assert!(took < Duration::from_millis(100), "{took:?}");
}

#[tokio::test]
async fn a_cancellation_that_nobody_tells_of_is_found_with_the_next_progress() {
    let world = World::new();
    let start = world.clock.monotonic();
    let run = world.stuck().await;
    world.apply(world.wish()).await;
    assert_eq!(world.end(run).await.state.status(), Status::Cancelled);
    assert_eq!(world.log().await.last(), Some(&LogBody::Cancelled));
    let took = world.clock.monotonic() - start;
    assert!((250..400).contains(&took.as_millis()), "{took:?}");
}

#[tokio::test]
async fn a_run_that_ends_although_its_end_was_asked_for_is_cancelled_with_its_report() {
    let world = World::new();
    let job = world.claimed().await;
    let run = world.start(job, Script::SucceedAfter(Duration::from_millis(100)));
    settle().await;
    world.apply(world.wish()).await;
    assert_eq!(world.end(run).await.state.status(), Status::Cancelled);
    assert_eq!(world.partial().await, Some(report()));
}

#[tokio::test]
async fn a_worker_that_lost_its_lease_writes_nothing() {
    let world = World::new();
    let run = world.stuck().await;
    world.apply(world.lose()).await;
    let taken = world.jobs.claim(Claim::new(vec![lease(2)], world.clock.now())).await.unwrap();
    assert_eq!(world.end(run).await, taken[0]);
    assert_eq!(world.reports.count(), 0);
}

#[tokio::test]
async fn a_lease_lost_at_the_very_end_lets_nothing_be_committed() {
    let world = World::new();
    let job = world.claimed().await;
    let run = world.start(job, Script::SucceedAfter(Duration::from_millis(100)));
    settle().await;
    world.apply(world.lose()).await;
    let taken = world.jobs.claim(Claim::new(vec![lease(2)], world.clock.now())).await.unwrap();
    assert_eq!(world.end(run).await, taken[0]);
}

#[tokio::test]
async fn a_shutdown_hands_the_job_back_and_spends_no_attempt() {
    let world = World::new();
    let run = world.stuck().await;
    assert_eq!(world.job().await.attempt, 1);
    run.handle.stop(StopCause::Shutdown);
    let job = world.end(run).await;
    assert_eq!((job.state.status(), job.attempt), (Status::Queued, 0));
    assert_eq!(world.reports.count(), 0);
}

#[tokio::test]
async fn the_first_cause_of_a_stop_holds() {
    let world = World::new();
    let run = world.stuck().await;
    run.handle.stop(StopCause::LeaseLost);
    run.handle.stop(StopCause::Shutdown);
    assert_eq!(world.end(run).await.state.status(), Status::Running, "nothing was written");
}

#[tokio::test]
async fn a_cancellation_that_nobody_tells_of_is_found_before_the_first_bar_too() {
    let world = World::new();
    let start = world.clock.monotonic();
    let job = world.claimed().await;
    let run = world.start(job, Script::UntilStopped { bars_done: 0 });
    settle().await;
    world.apply(world.wish()).await;
    assert_eq!(world.end(run).await.state.status(), Status::Cancelled);
    assert_eq!(world.reports.count(), 0, "there is nothing to keep");
    let took = world.clock.monotonic() - start;
    assert!((250..400).contains(&took.as_millis()), "{took:?}");
}
