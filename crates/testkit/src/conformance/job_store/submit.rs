use std::sync::Arc;

use tapedeck_domain::job::LogBody;
use tapedeck_domain::port::{SubmitError, Submitted};
use tapedeck_domain::strategy::ParamValue;
use tapedeck_domain::sweep::Search;

use crate::builders::{id, idempotency, job, new_job, new_job_of, sweep_submission};
use crate::conformance::Jobs;

/// What comes back, and what is found later, is the job as it was submitted.
pub async fn submit_adds_the_job(jobs: Jobs) {
    let submitted = jobs.store.submit(new_job(1)).await.unwrap();
    assert_eq!(submitted, Submitted::Created(job(1).0));
    assert_eq!(jobs.found(id(1)).await, job(1).0);
}

/// Tags, limits, flags and priorities come back as they were.
pub async fn submit_keeps_every_part_of_the_submission(jobs: Jobs) {
    let new = new_job_of(1, |submission| {
        submission.tags = vec!["a".parse().unwrap(), "b/c".parse().unwrap()];
        submission.priority = tapedeck_domain::job::Priority::Batch;
        submission.spec.seed = u64::MAX;
        submission.summary = "quotes ' \" and ünïcode".to_owned();
        submission.force_new = true;
    });
    let expected = new.job.clone();
    jobs.store.submit(new).await.unwrap();
    assert_eq!(jobs.found(id(1)).await, expected);
}

/// To the last bit: it says what is run.
pub async fn submit_keeps_the_plan_of_a_sweep(jobs: Jobs) {
    let new = new_job_of(1, |submission| {
        *submission = sweep_submission(1);
        let plan = submission.sweep.as_mut().unwrap();
        let numbers = [0.1 + 0.2, 5e-324, 5.0].map(ParamValue::Number);
        plan.parameters.insert("third".to_owned(), numbers.into());
        plan.search = Search::Random { samples: 3, seed: u64::MAX };
        plan.excluded = None;
    });
    let expected = new.job.clone();
    jobs.store.submit(new).await.unwrap();
    assert_eq!(jobs.found(id(1)).await, expected);
}

/// The log starts with it.
pub async fn submit_adds_the_first_entry_of_the_log(jobs: Jobs) {
    jobs.submitted(1).await;
    let log = jobs.feed.events(id(1), 0).await.unwrap();
    assert_eq!(log, [job(1).1]);
    assert_eq!(log[0].body, LogBody::Queued { reason: None, retry_at: None });
}

/// A job that cannot be added leaves neither a key nor an entry nor a change of the other.
pub async fn submit_adds_all_or_nothing(jobs: Jobs) {
    jobs.submitted(1).await;
    let mut same_id = new_job_of(1, |submission| submission.force_new = true);
    same_id.idempotency = Some(idempotency("key", "body"));
    assert!(matches!(jobs.store.submit(same_id).await, Err(SubmitError::Storage(_))));
    assert_eq!(jobs.found(id(1)).await, job(1).0);
    assert_eq!(jobs.seqs(id(1)).await, [1]);
    let mut other = new_job(2);
    other.idempotency = Some(idempotency("key", "another body"));
    let submitted = jobs.store.submit(other).await.unwrap();
    assert_eq!(submitted, Submitted::Created(job(2).0), "the key is still free");
}

/// A store may refuse a tag that is given twice, but then nothing is left of the job.
pub async fn a_submission_that_fails_midway_leaves_nothing(jobs: Jobs) {
    let mut twice = new_job_of(1, |submission| {
        submission.tags = vec!["a".parse().unwrap(), "a".parse().unwrap()];
    });
    twice.idempotency = Some(idempotency("key", "body"));
    if jobs.store.submit(twice).await.is_ok() {
        return;
    }
    assert_eq!(jobs.store.find(id(1)).await.unwrap(), None);
    assert_eq!((jobs.count().await, jobs.seqs(id(1)).await), (0, Vec::new()));
    jobs.submitted(1).await;
}

/// The limit counts queued jobs alone, and refusing adds nothing.
pub async fn submit_refuses_when_the_queue_is_full(jobs: Jobs) {
    jobs.running(1).await;
    jobs.submitted(2).await;
    let limited = |n| {
        let mut new = new_job(n);
        new.queue_limit = 2;
        new
    };
    assert!(jobs.store.submit(limited(3)).await.is_ok(), "the running one does not count");
    assert!(matches!(jobs.store.submit(limited(4)).await, Err(SubmitError::QueueFull)));
    assert_eq!(jobs.count().await, 3);
    assert_eq!(jobs.seqs(id(4)).await, [0_u64; 0]);
}

/// A repeated request is answered even when nothing new would be accepted.
pub async fn a_full_queue_still_answers_repeated_requests(jobs: Jobs) {
    let full = |n| {
        let mut new = new_job_of(n, |s| s.input_hash = "same".to_owned());
        new.queue_limit = 1;
        new
    };
    jobs.store.submit(full(1)).await.unwrap();
    let again = jobs.store.submit(full(2)).await.unwrap();
    assert!(matches!(again, Submitted::Deduplicated(job) if job.id == id(1)));
}

/// The limit holds against submissions at the same moment.
pub async fn of_many_submissions_at_once_no_more_than_the_limit_are_queued(jobs: Jobs) {
    let jobs = Arc::new(jobs);
    let submissions = (1..=30).map(|n| {
        let jobs = Arc::clone(&jobs);
        tokio::spawn(async move {
            let mut new = new_job(n);
            new.queue_limit = 10;
            jobs.store.submit(new).await.is_ok()
        })
    });
    let tasks: Vec<_> = submissions.collect();
    let mut accepted = 0;
    for task in tasks {
        accepted += u64::from(task.await.unwrap());
    }
    assert_eq!((accepted, jobs.count().await), (10, 10));
}

/// An id that was never given out.
pub async fn find_says_none_when_there_is_no_such_job(jobs: Jobs) {
    jobs.submitted(1).await;
    assert_eq!(jobs.store.find(id(2)).await.unwrap(), None);
}
