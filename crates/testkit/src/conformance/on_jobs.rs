//! What cases do with jobs.

use tapedeck_domain::actor::Actor;
use tapedeck_domain::audit::AuditEntry;
use tapedeck_domain::id::BacktestId;
use tapedeck_domain::job::{
    Backtest, Cancellation, Conflict, Failure, FailureReason, JobChange, JobEvent, Outcome,
    Progress, ReportRef, transition,
};
use tapedeck_domain::port::{AuditFilter, Claim, JobFilter, Pause, Submitted};
use tapedeck_domain::time::Timestamp;

use super::Jobs;
use crate::builders::{day, lease, new_job, removal};

pub(crate) fn now() -> Timestamp {
    day(10)
}

/// What `event` does to `job`; the event must be possible.
pub(crate) fn change(job: &Backtest, event: JobEvent) -> JobChange {
    transition(job, event, now()).unwrap()
}

pub(crate) fn progress(bars_done: u64) -> JobEvent {
    JobEvent::Progress(Progress {
        bars_done,
        bars_total: 5,
        sim_time: Some(day(1)),
        peak_rss_bytes: None,
    })
}

pub(crate) fn cancel() -> JobEvent {
    let request_id = "request-1".parse().unwrap();
    JobEvent::Cancel(Cancellation { at: now(), request_id, by: Actor::anonymous() })
}

pub(crate) fn succeed() -> JobEvent {
    JobEvent::Succeed(Outcome {
        report: ReportRef("report".to_owned()),
        headline: None,
        usage: None,
    })
}

pub(crate) fn fail() -> JobEvent {
    JobEvent::Fail { failure: failure(), partial: None }
}

pub(crate) fn time_out() -> JobEvent {
    JobEvent::TimeOut { failure: failure(), partial: None }
}

/// Tried again at once.
pub(crate) fn lose(max_attempts: u32) -> JobEvent {
    JobEvent::LoseWorker { max_attempts, retry_at: now() }
}

/// A decision about the queue.
pub(crate) fn decision(action: &str) -> AuditEntry {
    AuditEntry {
        at: now(),
        actor: Actor::command_line(),
        action: action.to_owned(),
        subject: "queue".to_owned(),
        request_id: None,
        before: None,
        after: None,
    }
}

pub(crate) fn pause(reason: &str) -> Pause {
    let (by, reason) = (Actor::command_line(), Some(reason.to_owned()));
    Pause { at: now(), by, request_id: None, reason }
}

fn failure() -> Failure {
    Failure::new(FailureReason::Internal, "as the test says")
}

impl Jobs {
    /// Submits the job `n`, which must be added.
    pub(crate) async fn submitted(&self, n: u64) -> Backtest {
        let submitted = self.store.submit(new_job(n)).await.unwrap();
        assert!(matches!(submitted, Submitted::Created(_)), "job {n} is new: {submitted:?}");
        submitted.job().clone()
    }

    /// Submits the job `n` and claims the first that is queued, under lease `n`.
    pub(crate) async fn running(&self, n: u64) -> Backtest {
        self.submitted(n).await;
        self.claimed(n).await
    }

    /// Claims the first job that is queued, under lease `n`.
    pub(crate) async fn claimed(&self, n: u64) -> Backtest {
        let mut claimed = self.queue.claim(Claim::new(vec![lease(n)], now())).await.unwrap();
        assert_eq!(claimed.len(), 1, "a job was queued");
        claimed.remove(0)
    }

    pub(crate) async fn found(&self, id: BacktestId) -> Backtest {
        self.store.find(id).await.unwrap().unwrap()
    }

    /// Removes a job, if it has this revision.
    pub(crate) async fn delete(&self, id: BacktestId, revision: u64) -> Result<(), Conflict> {
        let mut removed = self.store.delete(vec![removal(id, revision)]).await.unwrap();
        assert_eq!(removed.len(), 1, "one answer for one removal");
        removed.remove(0)
    }

    pub(crate) async fn commit(&self, change: JobChange) -> Result<(), Conflict> {
        let mut applied = self.store.commit(vec![change]).await.unwrap();
        assert_eq!(applied.len(), 1, "one answer for one change");
        applied.remove(0)
    }

    /// Applies an event that must be possible to the job as it is stored.
    pub(crate) async fn apply(&self, id: BacktestId, event: JobEvent) -> Backtest {
        let job = self.found(id).await;
        self.commit(change(&job, event)).await.unwrap();
        self.found(id).await
    }

    pub(crate) async fn count(&self) -> u64 {
        self.catalog.count(JobFilter::default()).await.unwrap()
    }

    /// The numbers of the log of a job.
    pub(crate) async fn seqs(&self, id: BacktestId) -> Vec<u64> {
        let events = self.feed.events(id, 0).await.unwrap();
        events.into_iter().map(|event| event.seq).collect()
    }

    /// Says whether that changed anything.
    pub(crate) async fn pause(&self, reason: &str) -> bool {
        let paused = self.control.set_pause(Some(pause(reason)), decision("queue.pause"));
        paused.await.unwrap()
    }

    /// Says whether that changed anything.
    pub(crate) async fn resume(&self) -> bool {
        self.control.set_pause(None, decision("queue.resume")).await.unwrap()
    }

    /// The audit trail, newest first.
    pub(crate) async fn trail(&self) -> Vec<AuditEntry> {
        let trail = self.audit.list(AuditFilter::default(), None, 1000).await.unwrap();
        trail.into_iter().map(|audited| audited.entry).collect()
    }
}
