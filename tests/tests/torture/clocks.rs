//! Wall clocks that jump while a server works.

use std::time::Duration;

use tapedeck_tests::torture::check::check;
use tapedeck_tests::torture::fleet::Fleet;
use tapedeck_tests::torture::load::Load;
use tapedeck_tests::torture::seed::{Chance, seed};

use crate::world::{Database, World, library};

/// Jumps a year ahead, and two years back.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs libfaketime: make torture"]
async fn a_clock_that_jumps_by_years_breaks_no_promise() {
    let mut chance = Chance::new(seed());
    for database in [Database::Sqlite, Database::Postgres] {
        let world = World::new(database).await;
        let clock = world.place.logs().join("clock");
        std::fs::write(&clock, "+0").unwrap();
        let plan = world.plan("server").with("FAKETIME_NO_CACHE", "1");
        let plan = plan.with("DONT_FAKE_MONOTONIC", "1");
        let plan = plan.with("FAKETIME_TIMESTAMP_FILE", clock.to_str().unwrap());
        let plan = plan.with("LD_PRELOAD", &library("faketime/libfaketimeMT.so.1"));
        let fleet = Fleet::start(vec![plan]).await;
        let api = world.api(fleet.addresses());
        let load = Load::start(&api, 10, &mut chance);
        for jump in ["+365d", "-365d", "+0"] {
            chance.pause(1500, 2500).await;
            // Put in place whole: the server may read it at any moment.
            let next = clock.with_extension("next");
            std::fs::write(&next, jump).unwrap();
            std::fs::rename(&next, &clock).unwrap();
        }
        tokio::time::sleep(Duration::from_secs(2)).await;
        load.finish().await;
        let verdict = check(&api).await;
        let losses: usize = verdict.jobs.iter().map(|job| job.losses()).sum();
        assert_eq!(losses, 0, "a jump of the wall clock ended leases");
        verdict.must_be_clean(&format!("3 jumps of the clock by a year on {database:?}"));
    }
}
