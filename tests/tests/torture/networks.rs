//! Networks that break in the middle of a commit.

use std::time::Duration;

use tapedeck_tests::proxy::Proxy;
use tapedeck_tests::torture::check::check;
use tapedeck_tests::torture::fleet::Fleet;
use tapedeck_tests::torture::load::Load;
use tapedeck_tests::torture::seed::{Chance, seed, setting};
use tapedeck_tests::torture::wire::Wire;

use crate::world::{Database, World};

/// The URL of the database through another address.
fn through(url: &str, address: std::net::SocketAddr) -> String {
    let (before, host) = url.rsplit_once('@').unwrap();
    format!("{before}@{address}/{}", host.split_once('/').unwrap().1)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_whose_answer_is_lost_is_done_once() {
    let cuts = setting("TORTURE_KILLS", 20);
    let mut chance = Chance::new(seed());
    let world = World::new(Database::Postgres).await;
    let postgres = world.postgres.as_ref().unwrap();
    let wire = Wire::before(postgres.address()).await;
    let url = through(&postgres.url(), wire.address);
    let fleet = Fleet::start(vec![world.plan("server").on(Some(&url))]).await;
    let api = world.api(fleet.addresses());
    let load = Load::start(&api, 10, &mut chance);
    for _ in 0..cuts {
        if chance.percent(70) {
            wire.lose_an_answer();
        } else {
            wire.lose_a_commit();
        }
        chance.pause(50, 350).await;
    }
    load.finish().await;
    assert!(wire.cuts() >= cuts / 2, "only {} of {cuts} commits were hit", wire.cuts());
    let fault = format!("{} connections lost in the middle of a commit", wire.cuts());
    check(&api).await.must_be_clean(&fault);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes a while: make torture"]
async fn a_network_cut_at_random_moments_breaks_no_promise() {
    let mut chance = Chance::new(seed());
    let world = World::new(Database::Postgres).await;
    let postgres = world.postgres.as_ref().unwrap();
    let proxy = Proxy::before(postgres.address()).await;
    let url = through(&postgres.url(), proxy.address);
    let plans = ["server-0", "server-1"].map(|name| world.plan(name).on(Some(&url)));
    let fleet = Fleet::start(plans.to_vec()).await;
    let api = world.api(fleet.addresses());
    let load = Load::start(&api, 10, &mut chance);
    for _ in 0..20 {
        chance.pause(50, 900).await;
        proxy.cut();
        tokio::time::sleep(Duration::from_millis(chance.below(600))).await;
        proxy.restore();
    }
    load.finish().await;
    check(&api).await.must_be_clean("20 cuts of the network");
}
