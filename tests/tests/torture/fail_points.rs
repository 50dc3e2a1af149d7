//! Death at every step of a run.

use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};
use tapedeck_tests::torture::api::Api;
use tapedeck_tests::torture::check::check;
use tapedeck_tests::torture::child::{Signal, within};
use tapedeck_tests::torture::fleet::{Addresses, Place};
use tapedeck_tests::torture::history::{History, Kind};
use tapedeck_tests::torture::postgres::Postgres;
use tapedeck_tests::torture::server::{Plan, Server};

use crate::world::Database;

/// Steps of a run that nobody disturbs. A run takes so long that there is progress and a renewal.
const RUN: [&str; 15] = [
    "submit:before:1",
    "submit:after:1",
    "claim:before:2",
    "claim:after:1",
    "run:before:1",
    "run:after:1",
    "renew:before:1",
    "renew:after:2",
    "leased:after:2",
    "progress:before:1",
    "progress:after:1",
    "put:before:1",
    "put:after:1",
    "finish:before:1",
    "finish:after:1",
];

/// Steps of a sweep that differ.
const SWEEP: [&str; 4] =
    ["sweep-run:before:1", "sweep-run:after:1", "sweep-put:before:1", "sweep-put:after:1"];

/// Steps of a run whose end is asked for.
const CANCEL: [&str; 4] =
    ["cancelling:before:1", "cancelling:after:1", "cancelled:before:1", "cancelled:after:1"];

/// Steps of a rescue.
const RESCUE: [&str; 2] = ["requeue:before:1", "requeue:after:1"];

/// How long a run of the doomed server takes, at least.
const SLOW_MS: &str = "700";

/// One job, one death.
struct Doom {
    place: Place,
    database: Option<String>,
    addresses: Addresses,
    api: Api,
}

impl Doom {
    fn new(database: Option<String>) -> Self {
        let (place, addresses) = (Place::new(), Addresses::default());
        let api = Api::new(addresses.clone(), History::new(&place.logs().join("history.jsonl")));
        Self { place, database, addresses, api }
    }

    fn plan(&self, name: &str) -> Plan {
        let plan = Plan::serve(&self.place.data(), self.place.logs(), name);
        plan.on(self.database.as_deref()).with("TAPEDECK__EXECUTOR__LEASE_MS", "500")
    }

    /// A server that will die at a step.
    async fn doomed(&self, crash: &str) -> Server {
        let mut plan = self.plan("doomed").with("CRASH", crash).with("SLOW_MS", SLOW_MS);
        plan.program = tapedeck_tests::binary().with_file_name("crasher");
        let server = Server::start(plan).await;
        self.addresses.set(vec![server.address]);
        server
    }

    /// Asks for a job, and for its end where that is the point, until somebody answers.
    fn ask(&self, kind: Kind, cancel: bool) -> tokio::task::JoinHandle<()> {
        let api = self.api.clone();
        tokio::spawn(async move {
            let id = api.submit(kind, "the-key", &body(kind)).await.unwrap();
            if cancel {
                tokio::time::sleep(Duration::from_millis(200)).await;
                api.cancel(kind, &id).await;
            }
        })
    }

    /// A server that nothing is wrong with takes over, and all must be well.
    async fn heal(&self, asked: tokio::task::JoinHandle<()>, crash: &str) {
        let heir = Server::start(self.plan("heir")).await;
        self.addresses.set(vec![heir.address]);
        asked.await.unwrap();
        check(&self.api).await.must_be_clean(&format!("death at {crash}"));
    }
}

fn body(kind: Kind) -> Value {
    let backtest = json!({"dataset_id": "aapl-1d", "strategy_id": "sma_crossover"});
    match kind {
        Kind::Backtest => backtest,
        Kind::Sweep => json!({"backtest": backtest, "parameters": {"fast": {"values": [5, 10]}}}),
    }
}

/// Waits for the end that the server was told to make.
async fn must_die(server: &mut Server, crash: &str) {
    let died = server.process.end_within(Duration::from_secs(60)).await;
    assert!(died.is_some(), "{crash} was never reached: {}", server.process.said());
}

async fn die_at(database: Option<String>, crash: &str) {
    let doom = Doom::new(database);
    let kind = if crash.starts_with("sweep") { Kind::Sweep } else { Kind::Backtest };
    let mut server = doom.doomed(crash).await;
    let asked = doom.ask(kind, crash.starts_with("cancel"));
    must_die(&mut server, crash).await;
    doom.heal(asked, crash).await;
}

/// Dies once while it runs a job, and once more while it rescues that.
async fn die_twice(database: Option<String>, crash: &str) {
    let doom = Doom::new(database);
    let mut server = doom.doomed("run:before:1").await;
    let asked = doom.ask(Kind::Backtest, false);
    must_die(&mut server, "run:before:1").await;
    must_die(&mut doom.doomed(crash).await, crash).await;
    doom.heal(asked, crash).await;
}

/// Stands still at a step until others have taken the job and ended it, then goes on. On Postgres
/// alone: a process that stands still in the middle of a write holds SQLite's only lock for as
/// long as it does.
async fn late_at(database: String, step: &str) {
    let doom = Doom::new(Some(database));
    let server = doom.doomed(&format!("{step}:stop")).await;
    let asked = doom.ask(Kind::Backtest, false);
    let stopped = within(Duration::from_secs(60), || server.process.is_stopped().then_some(()));
    assert!(stopped.await.is_some(), "{step} was never reached: {}", server.process.said());
    let heir = Server::start(doom.plan("heir")).await;
    doom.addresses.set(vec![heir.address]);
    asked.await.unwrap();
    let before = check(&doom.api).await;
    before.must_be_clean(&format!("a worker that stands still at {step}"));
    assert_eq!(before.jobs[0].resource["attempt"], 2, "nobody took over");
    server.process.signal(Signal::CONT);
    // Long enough for the late one to write whatever it still wants to.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let after = check(&doom.api).await;
    after.must_be_clean(&format!("a late worker at {step}"));
    assert_eq!(after.jobs, before.jobs, "a late write went through");
}

/// Deaths at the same time: each of them is mostly waiting.
const AT_ONCE: usize = 4;

async fn all(database: Database, steps: &[&str]) {
    let postgres = match database {
        Database::Sqlite => None,
        Database::Postgres => Some(Postgres::start().await),
    };
    let deaths = steps.iter().enumerate().map(|(number, step)| {
        let postgres = postgres.as_ref();
        async move {
            let url = match postgres {
                Some(postgres) => Some(postgres.database(&format!("doom_{number}")).await),
                None => None,
            };
            if RESCUE.contains(step) {
                die_twice(url, step).await;
            } else {
                die_at(url, step).await;
            }
        }
    });
    stream::iter(deaths).buffer_unordered(AT_ONCE).collect::<()>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn death_at_any_step_of_a_run_loses_nothing() {
    all(Database::Sqlite, &RUN).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn death_at_any_step_of_a_sweep_a_cancellation_or_a_rescue_loses_nothing() {
    all(Database::Sqlite, &[&SWEEP[..], &CANCEL, &RESCUE].concat()).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes a while: make torture"]
async fn death_at_any_step_of_a_run_loses_nothing_on_postgres() {
    all(Database::Postgres, &RUN).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes a while: make torture"]
async fn death_at_any_other_step_loses_nothing_on_postgres() {
    all(Database::Postgres, &[&SWEEP[..], &CANCEL, &RESCUE].concat()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_stood_still_past_its_lease_writes_nothing() {
    let postgres = Postgres::start().await;
    let steps = ["run:before:1", "progress:before:1", "put:after:1", "finish:before:1"];
    let late = steps.iter().enumerate().map(|(number, step)| {
        let postgres = &postgres;
        async move { late_at(postgres.database(&format!("late_{number}")).await, step).await }
    });
    stream::iter(late).buffer_unordered(AT_ONCE).collect::<()>().await;
}
