//! The contract of `AuditLog`.

use serde_json::json;
use tapedeck_domain::actor::Actor;
use tapedeck_domain::audit::AuditEntry;
use tapedeck_domain::job::Conflict;
use tapedeck_domain::port::{AuditFilter, Removal};

use super::Jobs;
use super::on_jobs::{cancel, change, decision, fail, pause, progress};
use crate::builders::{id, removal};

impl Jobs {
    /// Adds entries to the trail, by pausing and resuming the queue.
    async fn decided(&self, entries: impl IntoIterator<Item = AuditEntry>) {
        for (n, entry) in entries.into_iter().enumerate() {
            let pause = (n % 2 == 0).then(|| pause("as the test says"));
            assert!(self.control.set_pause(pause, entry).await.unwrap());
        }
    }

    /// The actions of the entries that match.
    async fn actions(&self, filter: AuditFilter) -> Vec<String> {
        let trail = self.audit.list(filter, None, 1000).await.unwrap();
        trail.into_iter().map(|audited| audited.entry.action).collect()
    }
}

/// Who, when, by which request, and what it changed; whether it runs or waits.
pub async fn a_cancellation_adds_its_entry(jobs: Jobs) {
    let running = jobs.running(1).await;
    let queued = jobs.submitted(2).await;
    let (first, second) = (change(&running, cancel()), change(&queued, cancel()));
    jobs.store.commit(vec![first.clone(), second.clone()]).await.unwrap();
    let mut trail = jobs.trail().await;
    trail.sort_by_key(|entry| entry.subject.clone());
    assert_eq!(trail, [first.audit, second.audit].concat());
    assert_eq!(trail[0].after, Some(json!({"status": "cancelling"})));
}

/// What workers do is in the logs.
pub async fn changes_that_nobody_decided_add_no_entry(jobs: Jobs) {
    jobs.running(1).await;
    jobs.apply(id(1), progress(1)).await;
    jobs.apply(id(1), fail()).await;
    assert_eq!(jobs.trail().await, []);
}

/// Although the job is gone.
pub async fn a_removal_adds_its_entry(jobs: Jobs) {
    let job = jobs.submitted(1).await;
    let mut gone = removal(job.id, job.revision);
    gone.audit.before = Some(json!({"status": "queued", "tags": ["a", "ü"]}));
    assert_eq!(jobs.store.delete(vec![gone.clone()]).await.unwrap(), [Ok(())]);
    assert_eq!(jobs.trail().await, [gone.audit]);
}

/// Nothing was decided then.
pub async fn a_change_or_removal_that_is_refused_adds_no_entry(jobs: Jobs) {
    let queued = jobs.submitted(1).await;
    let late = change(&queued, cancel());
    jobs.claimed(1).await;
    assert_eq!(jobs.commit(late).await, Err(Conflict));
    assert_eq!(jobs.delete(id(1), queued.revision).await, Err(Conflict));
    assert_eq!(jobs.trail().await, []);
}

/// Entry and change are kept together or not at all.
pub async fn a_change_that_cannot_be_kept_adds_no_entry(jobs: Jobs) {
    let job = jobs.submitted(1).await;
    let mut impossible = change(&job, cancel());
    impossible.log[0].seq = 1;
    assert!(jobs.store.commit(vec![impossible]).await.is_err());
    assert_eq!(jobs.trail().await, []);
}

/// Every part of them, and those that are missing.
pub async fn entries_come_back_as_they_were(jobs: Jobs) {
    let whole = AuditEntry {
        actor: "key:ann".parse().unwrap(),
        subject: "quotes ' \" and ünïcode".to_owned(),
        request_id: Some("request-9".parse().unwrap()),
        before: Some(json!({"n": 1.5, "nested": [null, true, "text"]})),
        after: Some(json!(null)),
        ..decision("queue.pause")
    };
    jobs.decided([whole.clone(), decision("queue.resume")]).await;
    assert_eq!(jobs.trail().await, [decision("queue.resume"), whole]);
}

/// With growing numbers.
pub async fn list_shows_entries_newest_first(jobs: Jobs) {
    jobs.decided(["a", "b", "c"].map(decision)).await;
    assert_eq!(jobs.actions(AuditFilter::default()).await, ["c", "b", "a"]);
    let trail = jobs.audit.list(AuditFilter::default(), None, 10).await.unwrap();
    assert!(trail.is_sorted_by(|newer, older| newer.seq > older.seq), "{trail:?}");
}

/// Page by page, each entry once, whatever is added meanwhile.
pub async fn list_goes_on_before_an_entry_and_keeps_to_its_limit(jobs: Jobs) {
    jobs.decided(["a", "b", "c", "d", "e", "f"].map(decision)).await;
    let all = AuditFilter::default;
    let (mut before, mut seen) = (None, Vec::new());
    loop {
        let page = jobs.audit.list(all(), before, 4).await.unwrap();
        let Some(last) = page.last() else { break };
        assert!(page.len() <= 4);
        before = Some(last.seq);
        seen.extend(page.into_iter().map(|audited| audited.entry.action));
        jobs.decided(["later", "later"].map(decision)).await;
    }
    assert_eq!(seen, ["f", "e", "d", "c", "b", "a"]);
    assert_eq!(jobs.audit.list(all(), None, 0).await.unwrap(), []);
}

/// Whole words, and every condition must hold.
pub async fn list_filters_by_actor_action_and_subject(jobs: Jobs) {
    let entry = |actor: &str, action: &str, subject: &str| AuditEntry {
        actor: actor.parse().unwrap(),
        subject: subject.to_owned(),
        ..decision(action)
    };
    jobs.decided([entry("key:ann", "a", "x"), entry("key:an", "b", "x"), entry("cli", "c", "y")])
        .await;
    let all = AuditFilter::default;
    let actor: Option<Actor> = Some("key:an".parse().unwrap());
    assert_eq!(jobs.actions(AuditFilter { actor: actor.clone(), ..all() }).await, ["b"]);
    assert_eq!(jobs.actions(AuditFilter { action: Some("c".to_owned()), ..all() }).await, ["c"]);
    let of_x = AuditFilter { subject: Some("x".to_owned()), ..all() };
    assert_eq!(jobs.actions(of_x.clone()).await, ["b", "a"]);
    assert_eq!(jobs.actions(AuditFilter { actor, ..of_x }).await, ["b"]);
    let nobody = AuditFilter { actor: Some(Actor::system("nobody")), ..all() };
    assert_eq!(jobs.actions(nobody).await, [""; 0]);
}

/// From a moment on, and before another.
pub async fn list_filters_by_request_and_by_time(jobs: Jobs) {
    let entry = |action: &str, request: Option<&str>, date: &str| AuditEntry {
        request_id: request.map(|id| id.parse().unwrap()),
        at: date.parse().unwrap(),
        ..decision(action)
    };
    let made = [
        entry("a", Some("r-1"), "2024-01-01"),
        entry("b", None, "2024-01-02"),
        entry("c", Some("r-1"), "2024-01-03"),
    ];
    jobs.decided(made).await;
    let all = AuditFilter::default;
    let by_request = AuditFilter { request_id: Some("r-1".parse().unwrap()), ..all() };
    assert_eq!(jobs.actions(by_request.clone()).await, ["c", "a"]);
    let second = Some("2024-01-02".parse().unwrap());
    assert_eq!(jobs.actions(AuditFilter { since: second, ..all() }).await, ["c", "b"]);
    assert_eq!(jobs.actions(AuditFilter { until: second, ..all() }).await, ["a"]);
    assert_eq!(jobs.actions(AuditFilter { until: second, ..by_request }).await, ["a"]);
}

/// Of each that was removed, and of no other.
pub async fn of_several_removals_those_that_were_done_add_entries(jobs: Jobs) {
    let mut removals: Vec<Removal> = Vec::new();
    for n in 1..=3 {
        let job = jobs.submitted(n).await;
        removals.push(removal(job.id, job.revision));
    }
    removals[1].revision += 1;
    jobs.store.delete(removals.clone()).await.unwrap();
    let mut subjects: Vec<_> = jobs.trail().await.into_iter().map(|entry| entry.subject).collect();
    subjects.sort();
    assert_eq!(subjects, [&removals[0], &removals[2]].map(|done| done.audit.subject.clone()));
}
