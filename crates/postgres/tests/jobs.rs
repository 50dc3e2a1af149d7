//! What is particular to Postgres: transactions that race.

#[expect(dead_code, reason = "shared with other tests")]
mod support;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use support::{TestDatabase, client, options, unique};
use tapedeck_domain::id::{BacktestId, LeaseId, WorkerId};
use tapedeck_domain::job::{Backtest, Conflict, JobEvent, Lease, Progress, Submission, transition};
use tapedeck_domain::port::{
    Claim, Idempotency, JobCatalog, JobFeed, JobFilter, JobQueue, JobStore, Migrations as _,
    NewJob, Page, SubmitError, Submitted,
};
use tapedeck_domain::time::Timestamp;
use tapedeck_postgres::{Database, OpenError, PostgresJobs, PostgresMigrations};
use tapedeck_testkit::builders;
use tapedeck_testkit::builders::removal;
use uuid::Uuid;

/// A new job; equal ones share a run unless `force_new` is set.
fn new_job(force_new: bool) -> NewJob {
    let tags = vec!["a".parse().unwrap()];
    let submission = Submission { force_new, tags, ..builders::submission(0) };
    let id = BacktestId::from_uuid(unique());
    let (job, event) = Backtest::submit(id, submission, Timestamp::from_nanos(1));
    NewJob { job, event, idempotency: None, queue_limit: 1000 }
}

fn lease() -> Lease {
    Lease { id: LeaseId::from_uuid(unique()), worker: WorkerId::from_uuid(Uuid::from_u128(7)) }
}

fn keyed(body_hash: &str) -> NewJob {
    let (scope, body_hash) = ("s".to_owned(), body_hash.to_owned());
    let idempotency = Some(Idempotency { scope, key: "k".parse().unwrap(), body_hash });
    NewJob { idempotency, ..new_job(true) }
}

async fn jobs(database: &TestDatabase) -> Arc<PostgresJobs> {
    Arc::new(PostgresJobs::new(database.open(8).await, unique()))
}

async fn submit_all(
    jobs: &Arc<PostgresJobs>,
    all: impl Iterator<Item = NewJob>,
) -> Vec<Result<Submitted, SubmitError>> {
    let tasks = all.map(|new| {
        let jobs = jobs.clone();
        tokio::spawn(async move { jobs.submit(new).await })
    });
    join_all(tasks.collect::<Vec<_>>()).await.into_iter().map(Result::unwrap).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_fifty_equal_submissions_one_makes_a_run() {
    let database = TestDatabase::migrated().await;
    let jobs = jobs(&database).await;
    let ends = submit_all(&jobs, (0..50).map(|_| new_job(false))).await;
    let created = ends.iter().filter(|end| matches!(end, Ok(Submitted::Created(_)))).count();
    let ids: BTreeSet<_> = ends.iter().map(|end| end.as_ref().unwrap().job().id).collect();
    assert_eq!((created, ids.len()), (1, 1));
    assert_eq!(jobs.count(JobFilter::default()).await.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_fifty_submissions_with_one_key_one_makes_a_run() {
    let database = TestDatabase::migrated().await;
    let jobs = jobs(&database).await;
    let ends = submit_all(&jobs, (0..50).map(|_| keyed("b"))).await;
    let created = ends.iter().filter(|end| matches!(end, Ok(Submitted::Created(_)))).count();
    let ids: BTreeSet<_> = ends.iter().map(|end| end.as_ref().unwrap().job().id).collect();
    assert_eq!((created, ids.len()), (1, 1));
    let other = jobs.submit(keyed("another")).await;
    assert!(matches!(other, Err(SubmitError::IdempotencyConflict)), "{other:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_takes_no_more_however_many_come_at_once() {
    let database = TestDatabase::migrated().await;
    let jobs = jobs(&database).await;
    let limited = (0..50).map(|_| NewJob { queue_limit: 20, ..new_job(true) });
    let ends = submit_all(&jobs, limited).await;
    let full = ends.iter().filter(|end| matches!(end, Err(SubmitError::QueueFull))).count();
    assert_eq!(full, 30);
    assert_eq!(jobs.count(JobFilter::default()).await.unwrap(), 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_claimers_get_each_of_a_hundred_jobs_once() {
    let database = TestDatabase::migrated().await;
    let jobs = jobs(&database).await;
    submit_all(&jobs, (0..100).map(|_| new_job(true))).await.into_iter().for_each(|end| {
        end.unwrap();
    });
    let claimers = (0..8).map(|_| {
        let jobs = jobs.clone();
        tokio::spawn(async move {
            let mut mine = Vec::new();
            loop {
                let leases = vec![lease(), lease(), lease()];
                let claimed =
                    jobs.claim(Claim::new(leases, Timestamp::from_nanos(2))).await.unwrap();
                if claimed.is_empty() {
                    return mine;
                }
                mine.extend(claimed.into_iter().map(|job| job.id));
            }
        })
    });
    let all = join_all(claimers.collect::<Vec<_>>()).await.into_iter().flat_map(Result::unwrap);
    let all: Vec<_> = all.collect();
    assert_eq!((all.len(), all.iter().collect::<BTreeSet<_>>().len()), (100, 100));
    assert_eq!(jobs.leased().await.unwrap().len(), 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_refused_to_whoever_lost_the_lease_and_others_still_apply() {
    let database = TestDatabase::migrated().await;
    let jobs = jobs(&database).await;
    for _ in 0..2 {
        jobs.submit(new_job(true)).await.unwrap();
    }
    let leases = vec![lease(), lease()];
    let claimed = jobs.claim(Claim::new(leases.clone(), Timestamp::from_nanos(2))).await.unwrap();
    let progress = |job: &Backtest| {
        let event = JobEvent::Progress(Progress {
            bars_done: 1,
            bars_total: 2,
            sim_time: None,
            peak_rss_bytes: None,
        });
        transition(job, event, Timestamp::from_nanos(3)).unwrap()
    };
    let mut stolen = progress(&claimed[0]);
    stolen.fence = Some(lease().id);
    let changes = vec![stolen, progress(&claimed[1])];
    assert_eq!(jobs.commit(changes.clone()).await.unwrap(), [Err(Conflict), Ok(())]);
    let both_ways = changes.into_iter().rev().collect();
    assert_eq!(jobs.commit(both_ways).await.unwrap(), [Err(Conflict), Err(Conflict)]);
    assert_eq!(jobs.find(claimed[1].id).await.unwrap().unwrap().revision, 3);

    let log = jobs.events(claimed[1].id, 0).await.unwrap();
    assert!(log.iter().map(|event| event.seq).eq(1..=log.len() as u64), "{log:?}");
    let known = leases[0].id;
    assert_eq!(jobs.renew(vec![lease().id, known]).await.unwrap(), [known]);
    let removals = vec![removal(claimed[0].id, 1), removal(claimed[0].id, 2)];
    assert_eq!(jobs.delete(removals).await.unwrap(), [Err(Conflict), Ok(())]);
    let filter = JobFilter { tag: Some("a".parse().unwrap()), ..JobFilter::default() };
    let left = jobs.list(filter, Page { after: None, limit: 9 }).await.unwrap();
    assert_eq!(left.iter().map(|job| job.id).collect::<Vec<_>>(), [claimed[1].id]);
}

#[tokio::test]
async fn a_server_that_never_answers_is_given_up_and_named_without_its_password() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = silent.local_addr().unwrap().port();
    let url = format!("postgres://u:secret@127.0.0.1:{port}/x");
    let mut options = options(1);
    options.acquire_timeout = Duration::from_millis(200);
    let error = Database::open(&url, options).await.map(drop).unwrap_err();
    assert!(matches!(error, OpenError::Unreachable { .. }) && error.is_transient());
    let said = format!("{error} {error:?}");
    assert!(said.contains(&format!("127.0.0.1:{port}/x")) && !said.contains("secret"), "{said}");
}

#[tokio::test]
async fn a_wrong_password_is_final() {
    let database = TestDatabase::migrated().await;
    let url = database.url();
    let (before, after) = url.rsplit_once('@').unwrap();
    let (user, _) = before.rsplit_once(':').unwrap();
    let wrong = format!("{user}:wrong@{after}");
    let error = Database::open(&wrong, options(1)).await.map(drop).unwrap_err();
    assert!(matches!(error, OpenError::Refused { .. }), "{error}");
    assert!(!error.is_transient());
}

/// The jobs that have entries in the log.
async fn logged(database: &TestDatabase) -> BTreeSet<String> {
    let sql = "SELECT DISTINCT backtest_id FROM backtest_events";
    client(&database.name).await.query(sql, &[]).await.unwrap().iter().map(|r| r.get(0)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_statement_deletes_jobs_deletes_their_logs_and_no_others() {
    let database = TestDatabase::migrated().await;
    let jobs = jobs(&database).await;
    let ends = submit_all(&jobs, (0..3).map(|_| new_job(true))).await;
    let ids: Vec<_> = ends.iter().map(|end| end.as_ref().unwrap().job().id.to_string()).collect();
    let all: BTreeSet<_> = ids.iter().cloned().collect();
    assert_eq!(logged(&database).await, all);

    let client = client(&database.name).await;
    let delete = format!("DELETE FROM backtests WHERE id IN ('{}', '{}')", ids[0], ids[1]);
    client.batch_execute(&format!("BEGIN; {delete}; ROLLBACK")).await.unwrap();
    assert_eq!(logged(&database).await, all);
    client.batch_execute(&delete).await.unwrap();
    assert_eq!(logged(&database).await, BTreeSet::from([ids[2].clone()]));
}

#[tokio::test]
async fn logs_outlive_a_migration_back_and_forth() {
    let database = TestDatabase::migrated().await;
    let id = jobs(&database).await.submit(new_job(false)).await.unwrap().job().id.to_string();
    let migrations = PostgresMigrations(database.open(1).await);
    while migrations.down().await.unwrap().unwrap() != "20261122020000" {}
    migrations.up().await.unwrap();
    assert_eq!(logged(&database).await, BTreeSet::from([id]));
    let twin = jobs(&database).await.submit(new_job(false)).await.unwrap();
    assert!(matches!(twin, Submitted::Deduplicated(_)), "{twin:?}");
}
