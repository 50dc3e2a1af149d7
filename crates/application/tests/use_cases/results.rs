use std::sync::Arc;

use tapedeck_application::ResultError;
use tapedeck_domain::job::Status;
use tapedeck_domain::port::{ReportStore as _, RunError};
use tapedeck_testkit::builders::{BARS, id, report};
use tapedeck_testkit::{Script, settle};

use crate::world::World;

#[tokio::test]
async fn a_finished_run_shows_its_report_its_bars_and_its_equity() {
    let world = World::new();
    world.import().await;
    let job = world.ran(Script::Succeed).await;
    let finished = world.results().open(id(1)).await.unwrap();
    assert_eq!((&finished.job, &finished.report), (&job, &report()));
    assert_eq!((finished.bars().len(), finished.equity().equity.len()), (BARS, BARS));
    assert!(!finished.is_partial());
    let manifest = world.results().manifest(id(1)).await.unwrap();
    assert_eq!(manifest.input_hash, job.submission.input_hash);
    assert_eq!(manifest.specification, job.submission.spec);
}

#[tokio::test]
async fn what_a_cancelled_run_left_is_marked_as_partial() {
    let world = World::new();
    world.import().await;
    let job = world.claimed().await;
    let run = world.start(job, Script::UntilStopped { bars_done: 2 });
    settle().await;
    world.apply(world.wish()).await;
    assert_eq!(world.end(run).await.state.status(), Status::Cancelled);
    let finished = world.results().open(id(1)).await.unwrap();
    assert_eq!((finished.bars().len(), finished.is_partial()), (2, true));
}

#[tokio::test]
async fn viewers_at_the_same_time_share_what_was_decoded() {
    let world = World::new();
    world.import().await;
    world.ran(Script::Succeed).await;
    let results = world.results();
    let first = results.open(id(1)).await.unwrap();
    let second = results.open(id(1)).await.unwrap();
    assert!(Arc::ptr_eq(&first, &second));
}

#[tokio::test]
async fn there_is_nothing_to_show_of_what_is_unknown_or_has_not_ended() {
    let world = World::new();
    assert!(matches!(world.results().open(id(1)).await, Err(ResultError::NotFound)));
    world.claimed().await;
    assert!(matches!(world.results().open(id(1)).await, Err(ResultError::NotReady)));
    assert!(matches!(world.results().manifest(id(1)).await, Err(ResultError::NotReady)));
}

#[tokio::test]
async fn a_run_that_broke_off_left_nothing() {
    let world = World::new();
    world.ran(Script::Fail(RunError::Data("as the test says".to_owned()))).await;
    assert!(matches!(world.results().open(id(1)).await, Err(ResultError::Nothing)));
}

#[tokio::test]
async fn a_report_that_is_gone_or_cannot_be_reached_is_told_apart() {
    let world = World::new();
    world.import().await;
    let job = world.ran(Script::Succeed).await;
    world.flaky_reports.fail_next(1);
    assert!(matches!(world.results().open(id(1)).await, Err(ResultError::Storage(_))));
    world.reports.remove(job.state.report().unwrap()).await.unwrap();
    assert!(matches!(world.results().open(id(1)).await, Err(ResultError::Nothing)));
}
