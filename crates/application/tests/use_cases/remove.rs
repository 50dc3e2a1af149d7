use tapedeck_application::RemoveError;
use tapedeck_domain::port::JobStore as _;
use tapedeck_testkit::Script;
use tapedeck_testkit::builders::{id, requester};

use crate::world::World;

#[tokio::test]
async fn a_finished_backtest_goes_with_its_report() {
    let world = World::new();
    world.ran(Script::Succeed).await;
    assert_eq!(world.reports.count(), 1);
    world.remove().remove(id(1), requester("request-9")).await.unwrap();
    assert_eq!(world.jobs.find(id(1)).await.unwrap(), None);
    assert_eq!(world.reports.count(), 0);
    let again = world.remove().remove(id(1), requester("request-9")).await;
    assert!(matches!(again, Err(RemoveError::NotFound)));
}

#[tokio::test]
async fn what_has_not_ended_stays() {
    let world = World::new();
    world.queued().await;
    assert!(matches!(
        world.remove().remove(id(1), requester("request-9")).await,
        Err(RemoveError::NotEnded)
    ));
    let world = World::new();
    world.claimed().await;
    assert!(matches!(
        world.remove().remove(id(1), requester("request-9")).await,
        Err(RemoveError::NotEnded)
    ));
    assert!(world.jobs.find(id(1)).await.unwrap().is_some());
}

#[tokio::test]
async fn a_row_never_points_to_a_report_that_is_gone() {
    let world = World::new();
    world.ran(Script::Succeed).await;
    world.flaky_reports.fail_next(1);
    assert!(matches!(
        world.remove().remove(id(1), requester("request-9")).await,
        Err(RemoveError::Storage(_))
    ));
    assert_eq!(world.jobs.find(id(1)).await.unwrap(), None, "the row goes first");
    assert_eq!(world.reports.count(), 1, "files may be left over");
}
