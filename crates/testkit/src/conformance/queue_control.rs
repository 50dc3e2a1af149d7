//! The contract of `QueueControl`.

use std::sync::Arc;

use futures_util::StreamExt as _;
use tapedeck_domain::job::{JobEvent, LONGEST_PAUSE, Priority};
use tapedeck_domain::port::{Pause, QueueStatus, Signal};

use super::Jobs;
use super::job_feed::DEADLINE;
use super::on_jobs::{cancel, change, decision, fail, now, pause};
use crate::builders::{id, job, new_job_of};

impl Jobs {
    async fn status(&self) -> QueueStatus {
        self.control.status(now()).await.unwrap()
    }

    async fn paused(&self) -> Option<Pause> {
        self.status().await.pause
    }
}

/// Those that have ended are in neither; a job that is about to stop is still worked on.
pub async fn status_counts_jobs_that_wait_and_jobs_that_are_worked_on(jobs: Jobs) {
    assert_eq!(jobs.status().await, QueueStatus::default(), "an empty queue");
    for n in 1..=3 {
        jobs.running(n).await;
    }
    jobs.apply(id(2), cancel()).await;
    jobs.apply(id(3), fail()).await;
    for n in 4..=6 {
        jobs.submitted(n).await;
    }
    let status = jobs.status().await;
    assert_eq!((status.queued, status.scheduled, status.running), (3, 0, 2));
}

/// Until the moment comes; those that are to be tried again later are for later, too.
pub async fn status_tells_jobs_for_later_apart(jobs: Jobs) {
    let later = now().plus(LONGEST_PAUSE);
    let running = jobs.running(1).await;
    let snooze = JobEvent::Snooze { retry_at: later, why: "no room".to_owned() };
    jobs.commit(change(&running, snooze)).await.unwrap();
    for (n, not_before) in [(2, later), (3, now())] {
        let new = new_job_of(n, |submission| submission.not_before = Some(not_before));
        jobs.store.submit(new).await.unwrap();
    }
    let status = jobs.status().await;
    assert_eq!((status.queued, status.scheduled), (3, 2));
    let status = jobs.control.status(later).await.unwrap();
    assert_eq!((status.queued, status.scheduled), (3, 0));
}

/// Of each priority, those that are due and those for later.
pub async fn status_tells_priorities_apart(jobs: Jobs) {
    let later = now().plus(LONGEST_PAUSE);
    let plan = [
        (1, Priority::Interactive, None),
        (2, Priority::Batch, None),
        (3, Priority::Batch, Some(later)),
        (4, Priority::Batch, None),
    ];
    for (n, priority, not_before) in plan {
        let new = new_job_of(n, |submission| {
            submission.priority = priority;
            submission.not_before = not_before;
        });
        jobs.store.submit(new).await.unwrap();
    }
    let status = jobs.status().await;
    let of = |priority| (status.of(priority).queued, status.of(priority).scheduled);
    assert_eq!((of(Priority::Interactive), of(Priority::Batch)), ((1, 0), (3, 1)));
}

/// By the clock of its submission; a job for later has not waited yet.
pub async fn status_says_since_when_the_oldest_job_that_is_due_waits(jobs: Jobs) {
    let later = now().saturating_add_nanos(1);
    let new = new_job_of(1, |submission| submission.not_before = Some(later));
    jobs.store.submit(new).await.unwrap();
    assert_eq!(jobs.status().await.oldest, None);
    for n in [4, 2, 3] {
        jobs.submitted(n).await;
    }
    assert_eq!(jobs.status().await.oldest, Some(job(2).0.created_at));
    let status = jobs.control.status(later).await.unwrap();
    assert_eq!(status.oldest, Some(job(1).0.created_at));
}

/// Every part of it, and those that are missing.
pub async fn status_gives_the_pause_as_it_was_said(jobs: Jobs) {
    let said = Pause {
        request_id: Some("request-9".parse().unwrap()),
        by: "key:ann".parse().unwrap(),
        ..pause("quotes ' \" and ünïcode")
    };
    let unsaid = Pause { request_id: None, reason: None, ..said.clone() };
    for pause in [said, unsaid] {
        let paused = jobs.control.set_pause(Some(pause.clone()), decision("queue.pause")).await;
        assert!(paused.unwrap());
        assert_eq!(jobs.paused().await, Some(pause));
        assert!(jobs.resume().await);
        assert_eq!(jobs.paused().await, None);
    }
}

/// Whoever paused it first is the one who did.
pub async fn pausing_twice_keeps_the_first_pause(jobs: Jobs) {
    assert!(jobs.pause("first").await);
    assert!(!jobs.pause("second").await);
    assert_eq!(jobs.paused().await, Some(pause("first")));
}

/// Nor does a queue go on that was not paused.
pub async fn resuming_says_whether_it_changed_anything(jobs: Jobs) {
    assert!(!jobs.resume().await);
    jobs.pause("first").await;
    assert!(jobs.resume().await);
    assert!(!jobs.resume().await);
}

/// A decision that was none is not recorded.
pub async fn the_trail_has_the_pauses_that_changed_something(jobs: Jobs) {
    jobs.resume().await;
    assert_eq!(jobs.trail().await, []);
    jobs.pause("first").await;
    jobs.pause("second").await;
    assert_eq!(jobs.trail().await, [decision("queue.pause")]);
    jobs.resume().await;
    jobs.resume().await;
    assert_eq!(jobs.trail().await, [decision("queue.resume"), decision("queue.pause")]);
}

/// And recorded once.
pub async fn of_pauses_at_the_same_moment_one_changes_something(jobs: Jobs) {
    let jobs = Arc::new(jobs);
    for resume in [false, true, false] {
        let turn = |n: u64| {
            let jobs = Arc::clone(&jobs);
            let reason = format!("reason {n}");
            tokio::spawn(async move {
                if resume { jobs.resume().await } else { jobs.pause(&reason).await }
            })
        };
        let tasks: Vec<_> = (0..10).map(turn).collect();
        let mut changed = 0;
        for task in tasks {
            changed += u32::from(task.await.unwrap());
        }
        assert_eq!(changed, 1);
    }
    assert_eq!(jobs.trail().await.len(), 3);
}

/// Whoever waits for jobs looks again.
pub async fn a_resume_is_signalled_as_changes_that_were_missed(jobs: Jobs) {
    jobs.pause("first").await;
    let mut signals = jobs.feed.subscribe();
    jobs.resume().await;
    let missed = async { while signals.next().await != Some(Signal::Missed) {} };
    tokio::time::timeout(DEADLINE, missed).await.unwrap();
}
