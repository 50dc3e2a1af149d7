//! Kills at random moments, under load.

use tapedeck_tests::torture::check::check;
use tapedeck_tests::torture::load::Load;
use tapedeck_tests::torture::seed::{Chance, seed, setting};

use crate::world::{Database, World};

/// Two servers over one database, one of which is killed again and again.
async fn storm(database: Database) {
    let kills = setting("TORTURE_KILLS", 6);
    let mut chance = Chance::new(seed());
    let world = World::new(database).await;
    let mut fleet = world.fleet(2).await;
    let api = world.api(fleet.addresses());
    let load = Load::start(&api, 10, &mut chance);
    for _ in 0..kills {
        chance.pause(20, 500).await;
        let unlucky = usize::try_from(chance.below(fleet.size() as u64)).unwrap();
        fleet.kill_and_restart(unlucky).await;
    }
    load.finish().await;
    let verdict = check(&api).await;
    verdict.must_be_clean(&format!("{kills} kills of a server on {database:?}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn random_kills_under_load_break_no_promise_on_the_embedded_database() {
    storm(Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn random_kills_under_load_break_no_promise_on_postgres() {
    storm(Database::Postgres).await;
}
