//! The contract of `JobFeed`.

use std::time::Duration;

use futures_util::StreamExt as _;
use tapedeck_domain::id::BacktestId;
use tapedeck_domain::job::{Backtest, JobEvent};
use tapedeck_domain::port::{Signal, Signals};

use super::Jobs;
use super::on_jobs::{cancel, change, progress};
use crate::builders::{id, lease};

/// Longer than any signal takes, so that a missing one fails the test instead of hanging it.
pub(super) const DEADLINE: Duration = Duration::from_secs(20);

async fn signalled(signals: &mut Signals, id: BacktestId) {
    let signal = async {
        while let Some(signal) = signals.next().await {
            if signal.concerns(id) {
                return;
            }
        }
        unreachable!("signals do not end");
    };
    tokio::time::timeout(DEADLINE, signal).await.unwrap();
}

/// From 1, in order, across changes of all kinds.
pub async fn the_log_counts_from_one_without_gaps(jobs: Jobs) {
    jobs.running(1).await;
    for event in [progress(1), progress(2), JobEvent::Release] {
        jobs.apply(id(1), event).await;
    }
    jobs.claimed(2).await;
    jobs.apply(id(1), cancel()).await;
    let last = jobs.apply(id(1), JobEvent::Stop { partial: None }).await;
    assert_eq!(jobs.seqs(id(1)).await, (1..=last.last_seq).collect::<Vec<_>>());
}

/// A reader goes on where it was.
pub async fn events_are_those_after_seq(jobs: Jobs) {
    let job = jobs.running(1).await;
    let next = change(&job, progress(3));
    jobs.commit(next.clone()).await.unwrap();
    assert_eq!(jobs.feed.events(id(1), 2).await.unwrap(), next.log);
    assert_eq!(jobs.feed.events(id(1), 3).await.unwrap(), []);
    assert_eq!(jobs.feed.events(id(1), u64::MAX).await.unwrap(), []);
    let all = jobs.feed.events(id(1), 0).await.unwrap();
    assert_eq!(jobs.feed.events_page(id(1), 0, 2).await.unwrap(), all[..2]);
    assert_eq!(jobs.feed.events_page(id(1), 1, 1).await.unwrap(), all[1..2]);
}

/// Which is not an error.
pub async fn events_are_empty_when_there_is_no_such_job(jobs: Jobs) {
    jobs.submitted(1).await;
    assert_eq!(jobs.feed.events(id(2), 0).await.unwrap(), []);
}

/// Jobs do not see the logs of others.
pub async fn each_job_has_a_log_of_its_own(jobs: Jobs) {
    jobs.running(1).await;
    jobs.submitted(2).await;
    assert_eq!(jobs.seqs(id(1)).await, [1, 2]);
    assert_eq!(jobs.seqs(id(2)).await, [1]);
}

async fn is_seen(jobs: &Jobs, expected: Option<&Backtest>) {
    assert_eq!(jobs.store.find(id(1)).await.unwrap().as_ref(), expected);
}

/// Each kind of change; and who looks when it is signalled sees it.
pub async fn every_change_after_the_call_is_signalled_when_it_can_be_seen(jobs: Jobs) {
    let mut signals = jobs.feed.subscribe();
    let queued = jobs.submitted(1).await;
    signalled(&mut signals, id(1)).await;
    is_seen(&jobs, Some(&queued)).await;

    let running = jobs.claimed(1).await;
    signalled(&mut signals, id(1)).await;
    is_seen(&jobs, Some(&running)).await;

    let mut job = running;
    for event in [progress(1), cancel(), JobEvent::Stop { partial: None }] {
        job = jobs.apply(id(1), event).await;
        signalled(&mut signals, id(1)).await;
        is_seen(&jobs, Some(&job)).await;
    }

    jobs.delete(id(1), job.revision).await.unwrap();
    signalled(&mut signals, id(1)).await;
    is_seen(&jobs, None).await;
}

/// So that those who wait for another need not look.
pub async fn signals_say_what_became_of_the_job(jobs: Jobs) {
    let mut signals = jobs.feed.subscribe();
    let mut job = jobs.submitted(1).await;
    expect(&mut signals, Signal::Changed(id(1), job.state.status())).await;
    job = jobs.claimed(1).await;
    expect(&mut signals, Signal::Changed(id(1), job.state.status())).await;
    for event in [cancel(), JobEvent::Stop { partial: None }] {
        job = jobs.apply(id(1), event).await;
        expect(&mut signals, Signal::Changed(id(1), job.state.status())).await;
    }
    jobs.delete(id(1), job.revision).await.unwrap();
    expect(&mut signals, Signal::Removed(id(1))).await;
}

async fn expect(signals: &mut Signals, expected: Signal) {
    let signal = async { while signals.next().await != Some(expected) {} };
    let met = tokio::time::timeout(DEADLINE, signal).await;
    assert!(met.is_ok(), "{expected:?} was not signalled");
}

/// One change of a batch each.
pub async fn every_change_of_a_batch_is_signalled(jobs: Jobs) {
    let mut changes = Vec::new();
    for n in 1..=3 {
        let job = jobs.submitted(n).await;
        changes.push(change(&job, JobEvent::Claim(lease(n))));
    }
    let mut signals = jobs.feed.subscribe();
    jobs.store.commit(changes).await.unwrap();
    for n in 1..=3 {
        signalled(&mut signals, id(n)).await;
    }
}

/// Listeners do not take signals from each other, and one that went away harms nobody.
pub async fn every_listener_gets_every_signal(jobs: Jobs) {
    let (mut first, mut second) = (jobs.feed.subscribe(), jobs.feed.subscribe());
    drop(jobs.feed.subscribe());
    jobs.submitted(1).await;
    signalled(&mut first, id(1)).await;
    signalled(&mut second, id(1)).await;
}
