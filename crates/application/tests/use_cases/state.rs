use tapedeck_application::{bar_at, state_at};
use tapedeck_domain::time::DAY_NS;
use tapedeck_testkit::Script;
use tapedeck_testkit::builders::{BARS, day, id};

use crate::world::World;

#[tokio::test]
async fn a_moment_belongs_to_the_bar_that_covers_it() {
    let world = World::new();
    world.import().await;
    world.ran(Script::Succeed).await;
    let run = world.results().open(id(1)).await.unwrap();
    let last = BARS as i64 - 1;
    for (at, bar) in [
        (day(0), Some(0)),
        (day(1).saturating_add_nanos(-1), Some(0)),
        (day(1), Some(1)),
        (day(last).saturating_add_nanos(DAY_NS - 1), Some(BARS - 1)),
        (day(0).saturating_add_nanos(-1), None),
        (day(last + 1), None),
    ] {
        assert_eq!(bar_at(&run, at), bar, "{at}");
    }
}

#[tokio::test]
async fn the_state_tells_nothing_of_later_bars() {
    let world = World::new();
    world.import().await;
    world.ran(Script::Succeed).await;
    let run = world.results().open(id(1)).await.unwrap();
    // Of the three orders of bar 0, the first is filled in bar 1 and the others never end.
    let first = state_at(&run, 0).unwrap();
    assert_eq!((first.working, first.fills, first.position), (vec![0, 1, 2], 0..0, 0.0));
    assert_eq!(first.open_trade, None);
    let second = state_at(&run, 1).unwrap();
    assert_eq!((second.working, second.fills), (vec![1, 2], 0..2));
    assert_eq!(second.equity, run.equity().equity[1]);
    assert_eq!(state_at(&run, BARS), None);
}
