//! Wake-ups between processes, each here a `PostgresJobs` of its own.

#[expect(dead_code, reason = "shared with other tests")]
#[path = "support/proxy.rs"]
mod proxy;
#[expect(dead_code, reason = "shared with other tests")]
mod support;

use std::time::Duration;

use futures_util::StreamExt as _;
use proxy::Proxy;
use support::{TestDatabase, client, options, unique};
use tapedeck_domain::actor::Actor;
use tapedeck_domain::id::BacktestId;
use tapedeck_domain::job::{Cancellation, JobEvent, Status};
use tapedeck_domain::port::{
    Claim, JobFeed as _, JobQueue as _, JobStore as _, Pause, QueueControl as _, Signal, Signals,
};
use tapedeck_postgres::{Database, PostgresJobs};
use tapedeck_testkit::builders::{self, day, id, lease, new_job};

/// Longer than any signal takes, so that a missing one fails the test instead of hanging it.
const DEADLINE: Duration = Duration::from_secs(30);

async fn next(signals: &mut Signals) -> Signal {
    tokio::time::timeout(DEADLINE, signals.next()).await.unwrap().unwrap()
}

/// Waits for the signal that says so of the job.
async fn hears(signals: &mut Signals, job: BacktestId, status: Status) {
    while next(signals).await != Signal::Changed(job, status) {}
}

/// A process and what it hears, from the moment on at which it listens.
async fn process(database: Database) -> (PostgresJobs, Signals) {
    let jobs = PostgresJobs::new(database, unique());
    let mut signals = jobs.subscribe();
    assert_eq!(next(&mut signals).await, Signal::Missed, "it has just begun to listen");
    (jobs, signals)
}

#[tokio::test(flavor = "multi_thread")]
async fn another_process_hears_of_every_change() {
    let database = TestDatabase::migrated().await;
    let (one, _) = process(database.open(2).await).await;
    let (other, mut heard) = process(database.open(2).await).await;
    one.submit(new_job(1)).await.unwrap();
    hears(&mut heard, id(1), Status::Queued).await;
    let claimed = other.claim(Claim::new(vec![lease(1)], day(1))).await.unwrap();
    let (at, by) = (day(1), Actor::anonymous());
    let cancel =
        JobEvent::Cancel(Cancellation { at, by, request_id: "request-1".parse().unwrap() });
    let change = tapedeck_domain::job::transition(&claimed[0], cancel, day(1)).unwrap();
    assert_eq!(one.commit(vec![change]).await.unwrap(), [Ok(())]);
    hears(&mut heard, id(1), Status::Cancelling).await;
    let cancelling = one.find(id(1)).await.unwrap().unwrap();
    one.delete(vec![builders::removal(id(1), cancelling.revision)]).await.unwrap();
    while next(&mut heard).await != Signal::Removed(id(1)) {}
}

#[tokio::test(flavor = "multi_thread")]
async fn another_process_hears_that_the_queue_goes_on() {
    let database = TestDatabase::migrated().await;
    let (one, _) = process(database.open(2).await).await;
    let (_other, mut heard) = process(database.open(2).await).await;
    let entry = builders::removal(id(1), 1).audit;
    let pause = Pause { at: day(1), by: entry.actor.clone(), request_id: None, reason: None };
    assert!(one.set_pause(Some(pause), entry.clone()).await.unwrap());
    assert!(one.set_pause(None, entry).await.unwrap());
    assert_eq!(next(&mut heard).await, Signal::Missed);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_oneself_did_is_signalled_once() {
    let database = TestDatabase::migrated().await;
    let (one, mut own) = process(database.open(2).await).await;
    let (other, mut heard) = process(database.open(2).await).await;
    one.submit(new_job(1)).await.unwrap();
    hears(&mut heard, id(1), Status::Queued).await;
    other.submit(new_job(2)).await.unwrap();
    assert_eq!(next(&mut own).await, Signal::Changed(id(1), Status::Queued));
    // Had its own notification been heard, it would have come before that of the other.
    assert_eq!(next(&mut own).await, Signal::Changed(id(2), Status::Queued));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listener_that_was_cut_off_heals_and_says_that_it_missed_something() {
    let database = TestDatabase::migrated().await;
    let (one, _) = process(database.open(2).await).await;
    let (_other, mut heard) = process(database.open(2).await).await;
    let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
               WHERE datname = current_database() AND pid <> pg_backend_pid()";
    client(&database.name).await.batch_execute(cut).await.unwrap();
    assert_eq!(next(&mut heard).await, Signal::Missed);
    let submitted = async {
        // The connections of the pool were cut off, too.
        while one.submit(new_job(1)).await.is_err() {}
    };
    tokio::time::timeout(DEADLINE, submitted).await.unwrap();
    hears(&mut heard, id(1), Status::Queued).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listener_whose_server_vanished_without_a_word_notices_it() {
    let database = TestDatabase::migrated().await;
    let proxy = Proxy::start(&database).await;
    let mut options = options(2);
    options.statement_timeout = Duration::from_millis(100);
    let behind = Database::open(&proxy.url(&database), options).await.unwrap();
    let (_deaf, mut heard) = process(behind).await;
    proxy.lose();
    assert_eq!(next(&mut heard).await, Signal::Missed, "it listens anew");
    let (one, _) = process(database.open(2).await).await;
    one.submit(new_job(1)).await.unwrap();
    hears(&mut heard, id(1), Status::Queued).await;
}
