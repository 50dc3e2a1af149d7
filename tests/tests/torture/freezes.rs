//! Things that stand still, and things that are gone for a while.

use std::time::Duration;

use reqwest::Method;
use serde_json::Value;
use tapedeck_tests::torture::check::check;
use tapedeck_tests::torture::child::Signal;
use tapedeck_tests::torture::load::Load;
use tapedeck_tests::torture::seed::{Chance, seed};
use tokio::time::Instant;

use crate::world::{Database, World};

/// A server that stands still past its leases while others work on, and then goes on.
async fn freeze_a_server(database: Database) {
    let mut chance = Chance::new(seed());
    let world = World::new(database).await;
    let mut fleet = world.fleet(2).await;
    let api = world.api(fleet.addresses());
    let load = Load::start(&api, 10, &mut chance);
    for round in 0..2 {
        chance.pause(200, 600).await;
        fleet.server(round).process.signal(Signal::STOP);
        // Its leases are a second long.
        tokio::time::sleep(Duration::from_secs(3)).await;
        fleet.server(round).process.signal(Signal::CONT);
    }
    load.finish().await;
    check(&api).await.must_be_clean(&format!("servers frozen past their leases on {database:?}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_frozen_past_its_leases_on_postgres_breaks_no_promise() {
    freeze_a_server(Database::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes a while: make torture"]
async fn a_server_frozen_past_its_leases_on_the_embedded_database_breaks_no_promise() {
    freeze_a_server(Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killing_postgres_under_load_breaks_no_promise() {
    let mut chance = Chance::new(seed());
    let mut world = World::new(Database::Postgres).await;
    let fleet = world.fleet(2).await;
    let api = world.api(fleet.addresses());
    let load = Load::start(&api, 10, &mut chance);
    for _ in 0..2 {
        chance.pause(300, 900).await;
        world.postgres.as_mut().unwrap().kill();
        chance.pause(10, 800).await;
        world.postgres.as_mut().unwrap().restart().await;
    }
    load.finish().await;
    check(&api).await.must_be_clean("2 kills of Postgres itself");
}

/// What a request is answered with while Postgres stands still, and how long that took.
async fn timed(world: &Frozen<'_>, method: Method, path: &str) -> (u16, Value, Duration) {
    let started = Instant::now();
    let mut request = world.client.request(method.clone(), format!("{}{path}", world.base));
    if method == Method::POST {
        let body = serde_json::json!({"dataset_id": "aapl-1d", "strategy_id": "sma_crossover"});
        request = request.json(&body);
    }
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    let body = serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default();
    (status, body, started.elapsed())
}

struct Frozen<'a> {
    client: reqwest::Client,
    base: &'a str,
}

impl Frozen<'_> {
    /// Alive, not ready for a reason that it names, and never silent.
    async fn must_answer(&self, deadline: Duration) {
        let (status, _, took) = timed(self, Method::GET, "/healthz").await;
        assert!(status == 200 && took < deadline, "liveness: {status} after {took:?}");
        let (status, body, took) = timed(self, Method::GET, "/api/health/ready").await;
        assert_eq!(
            (status, &body["checks"]["database"]["status"]),
            (503, &"down".into()),
            "{body}"
        );
        assert!(took < deadline, "readiness took {took:?}");
        let requests = [(Method::GET, "/api/v1/backtests"), (Method::POST, "/api/v1/backtests")];
        for (method, path) in requests {
            let (status, body, took) = timed(self, method, path).await;
            assert_eq!((status, &body["code"]), (503, &"unavailable".into()), "{path}: {body}");
            assert!(took < deadline, "{path} took {took:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_postgres_is_named_and_all_heals_when_it_goes_on() {
    let mut chance = Chance::new(seed());
    let world = World::new(Database::Postgres).await;
    let plan = world.plan("server").with("TAPEDECK__SERVER__REQUEST_TIMEOUT_MS", "3000");
    let plan = plan.with("TAPEDECK__DATABASE__ACQUIRE_TIMEOUT_MS", "2000");
    let plan = plan.with("TAPEDECK__DATABASE__STATEMENT_TIMEOUT_MS", "2000");
    let mut fleet = tapedeck_tests::torture::fleet::Fleet::start(vec![plan]).await;
    let api = world.api(fleet.addresses());
    let load = Load::start(&api, 10, &mut chance);
    chance.pause(500, 1000).await;

    let postgres = world.postgres.as_ref().unwrap();
    postgres.freeze();
    let base = format!("http://{}", fleet.server(0).address);
    let frozen = Frozen { client: tapedeck_tests::client(), base: &base };
    // The request's own three seconds, and what a busy machine adds.
    frozen.must_answer(Duration::from_secs(8)).await;
    postgres.thaw();

    load.finish().await;
    let verdict = check(&api).await;
    let ready = api.get("/api/health/ready").await.unwrap();
    assert_eq!(ready.status, 200, "it does not heal: {}", ready.json());
    // Nobody could take a lease meanwhile, and the only worker was there all the time.
    let rescued: usize = verdict.jobs.iter().map(|job| job.losses()).sum();
    assert_eq!(rescued, 0, "attempts were spent on a frozen database");
    verdict.must_be_clean("Postgres frozen under load");
}
