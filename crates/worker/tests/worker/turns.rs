//! Neither kind of job starves.

use std::time::Duration;

use tapedeck_domain::job::{Priority, Status};
use tapedeck_domain::port::ClaimLimits;
use tapedeck_testkit::Script;
use tapedeck_worker::WorkerOptions;

use crate::world::World;

/// Lets a worker go on while more interactive jobs come than it can run, and so many batch jobs
/// wait; how many of those it started among the first 200.
async fn batch_jobs_of_200(options: WorkerOptions) -> usize {
    let runs = (0..2000).map(|_| Script::SucceedAfter(Duration::from_secs(1)));
    let world = World::with(runs, options);
    for n in 1..=200 {
        world.submit_one(n, Priority::Batch).await;
    }
    let mut next = 201;
    let _worker = world.work(options.max_concurrent);
    while world.runner.started() < 200 {
        while world.count(Status::Queued).await < 300 {
            world.submit_one(next, Priority::Interactive).await;
            next += 1;
        }
        world.seconds(1).await;
    }
    let left = (1..=200).map(tapedeck_testkit::builders::id);
    let mut waiting = 0;
    for id in left {
        let job = tapedeck_domain::port::JobStore::find(world.jobs.as_ref(), id).await.unwrap();
        waiting += usize::from(job.unwrap().attempt == 0);
    }
    200 - waiting
}

fn at_once(max_concurrent: usize) -> WorkerOptions {
    WorkerOptions { max_concurrent, ..World::new([]).options }
}

#[tokio::test]
async fn batch_jobs_get_their_quarter_of_a_worker_that_runs_one_at_a_time() {
    assert_eq!(batch_jobs_of_200(at_once(1)).await, 50);
}

#[tokio::test]
async fn batch_jobs_get_their_quarter_of_a_worker_that_runs_many() {
    for max_concurrent in [2, 3, 5, 8, 64] {
        let batch = batch_jobs_of_200(at_once(max_concurrent)).await;
        let started = 200_usize.next_multiple_of(max_concurrent);
        assert!((48..=started / 4 + 2).contains(&batch), "{max_concurrent}: {batch}");
    }
}

#[tokio::test]
async fn interactive_jobs_get_the_rest_when_a_limit_lets_a_worker_run_less_than_it_could() {
    let limits = ClaimLimits { running: Some(1), per_strategy: None };
    let batch = batch_jobs_of_200(WorkerOptions { limits, ..at_once(8) }).await;
    assert!((48..=52).contains(&batch), "{batch}");
}
