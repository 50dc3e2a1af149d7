//! Two processes over one file: as two pools, which share nothing but the file.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tapedeck_domain::port::{Claim, JobQueue as _, JobStore as _, Migrations as _, Submitted};
use tapedeck_sqlite::{Database, SqliteJobs, SqliteMigrations};
use tapedeck_testkit::builders::{day, lease, new_job, new_job_of};
use tapedeck_testkit::storm;

async fn open(path: &Path) -> Arc<SqliteJobs> {
    let database = Database::open(path, 2, Duration::from_secs(30)).await.unwrap();
    SqliteMigrations(database.clone()).up().await.unwrap();
    Arc::new(SqliteJobs::new(database))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn equal_submissions_to_two_processes_make_one_run() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("jobs.db");
    let processes = [open(&path).await, open(&path).await];
    let submit = |n: u64| {
        let jobs = Arc::clone(&processes[(n % 2) as usize]);
        let new = new_job_of(n, |submission| submission.input_hash = "the same".to_owned());
        tokio::spawn(async move { jobs.submit(new).await.unwrap() })
    };
    let tasks: Vec<_> = (1..=40).map(submit).collect();
    let mut created = 0;
    for task in tasks {
        created += u32::from(matches!(task.await.unwrap(), Submitted::Created(_)));
    }
    assert_eq!(created, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn workers_of_two_processes_never_get_the_same_job() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("jobs.db");
    let processes = [open(&path).await, open(&path).await];
    for n in 1..=40 {
        processes[0].submit(new_job(n)).await.unwrap();
    }
    let work = |worker: u64| {
        let jobs = Arc::clone(&processes[(worker % 2) as usize]);
        tokio::spawn(async move {
            let mut all = Vec::new();
            loop {
                let lease = lease(worker * 1000 + all.len() as u64);
                let claimed = jobs.claim(Claim::new(vec![lease], day(0))).await.unwrap();
                let Some(job) = claimed.first() else { return all };
                all.push(job.id);
            }
        })
    };
    let tasks: Vec<_> = (1..=4).map(work).collect();
    let mut all = Vec::new();
    for task in tasks {
        all.extend(task.await.unwrap());
    }
    let distinct: BTreeSet<_> = all.iter().copied().collect();
    assert_eq!((all.len(), distinct.len()), (40, 40));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_of_workers_of_two_processes_loses_nothing_and_keeps_to_the_limits() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("jobs.db");
    storm(vec![open(&path).await, open(&path).await]).await;
}
