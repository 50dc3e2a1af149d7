use std::time::Duration;

use tapedeck_application::StopCause;
use tapedeck_domain::job::{FailureReason, Headline, JobState, LimitKind, LogBody, Status};
use tapedeck_domain::port::{Claim, Clock as _, JobQueue as _, ReportStore as _, RunError};
use tapedeck_testkit::builders::{lease, partial_report, report};
use tapedeck_testkit::{Script, drive, settle};

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
async fn a_signalled_cancellation_stops_the_run_at_once() {
    let world = World::new();
    let start = world.clock.monotonic();
    let run = world.stuck().await;
    world.apply(world.wish()).await;
    let job = world.end(run).await;
    assert_eq!(job.state.status(), Status::Cancelled);
    assert_eq!(world.partial().await, Some(partial_report(2)));
    let took = world.clock.monotonic() - start;
    assert!(took < Duration::from_millis(100), "{took:?}");
}

#[tokio::test]
async fn a_cancellation_that_nobody_signals_is_found_with_the_next_progress() {
    let world = World::without_signals();
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
    let world = World::without_signals();
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
    let world = World::without_signals();
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
async fn a_store_that_fails_at_the_end_is_asked_until_it_answers() {
    for failures in [1, 2, 10, 19] {
        let world = World::new();
        let job = world.claimed().await;
        let run = world.start(job, Script::SucceedAfter(Duration::from_millis(100)));
        settle().await;
        world.store.fail_next(failures);
        let job = world.end(run).await;
        assert_eq!(job.state.status(), Status::Succeeded, "{failures} failures");
    }
}

#[tokio::test]
async fn a_conflict_at_the_end_is_decided_anew() {
    let world = World::new();
    let job = world.claimed().await;
    let run = world.start(job, Script::SucceedAfter(Duration::from_millis(100)));
    settle().await;
    world.store.conflict_next(2);
    assert_eq!(world.end(run).await.state.status(), Status::Succeeded);
}

#[tokio::test]
async fn a_report_store_that_fails_is_asked_until_it_answers_or_the_run_has_failed() {
    for (failures, status) in [(5, Status::Succeeded), (20, Status::Failed)] {
        let world = World::new();
        world.flaky_reports.fail_next(failures);
        let job = world.ran(Script::Succeed).await;
        assert_eq!(job.state.status(), status, "{failures} failures");
    }
}

#[tokio::test]
async fn progress_is_told_at_most_four_times_a_second() {
    let world = World::new();
    let run = world.stuck().await;
    let start = world.clock.monotonic();
    let ten_seconds = Duration::from_secs(10);
    let step = Duration::from_millis(50);
    drive(&world.clock, step, async || world.clock.monotonic() - start >= ten_seconds).await;
    run.handle.stop(StopCause::Shutdown);
    world.end(run).await;
    let log = world.log().await;
    let told = log.iter().filter(|body| matches!(body, LogBody::Progress(_))).count();
    assert!((30..=40).contains(&told), "{told}");
}

#[tokio::test]
async fn progress_that_cannot_be_kept_does_not_stop_the_run() {
    let world = World::new();
    let job = world.claimed().await;
    let run = world.start(job, Script::SucceedAfter(Duration::from_secs(3)));
    settle().await;
    world.store.fail_next(4);
    assert_eq!(world.end(run).await.state.status(), Status::Succeeded);
    assert!(world.log().await.iter().any(|body| matches!(body, LogBody::Progress(_))));
}

#[tokio::test]
async fn a_cancellation_that_nobody_signals_is_found_before_the_first_bar_too() {
    let world = World::without_signals();
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
