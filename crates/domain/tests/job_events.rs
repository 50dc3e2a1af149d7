//! What single events leave behind: in the log, in the audit trail, in the place of the job.

mod support;

use serde_json::json;
use support::{EVENTS, claim, event, job, states};
use tapedeck_domain::job::{
    Backtest, JobChange, JobEvent, JobState, LONGEST_PAUSE, LogBody, RequeueReason, Status,
    transition,
};
use tapedeck_domain::report::LogLevel;
use tapedeck_domain::sweep::{Search, SweepPlan};
use tapedeck_domain::time::Timestamp;

const NOW: Timestamp = Timestamp::from_nanos(1_000);

fn after(job: &Backtest, event: JobEvent) -> (Backtest, JobChange) {
    let change = transition(job, event, NOW).unwrap();
    (job.apply(&change).unwrap(), change)
}

fn running() -> Backtest {
    after(&job(), claim(1)).0
}

fn lose(max_attempts: u32) -> JobEvent {
    JobEvent::LoseWorker { max_attempts, retry_at: Timestamp::from_nanos(2_000) }
}

fn bodies(change: &JobChange) -> Vec<LogBody> {
    change.log.iter().map(|event| event.body.clone()).collect()
}

#[test]
fn a_cancellation_is_audited_with_who_asked_and_what_it_changed() {
    for (job, before, next) in
        [(job(), "queued", "cancelled"), (running(), "running", "cancelling")]
    {
        let (_, change) = after(&job, event("cancel"));
        let [entry] = change.audit.as_slice() else { panic!("one entry: {change:?}") };
        assert_eq!((entry.at, entry.actor.as_str()), (Timestamp::from_nanos(5), "key:ann"));
        assert_eq!((entry.action.as_str(), &entry.subject), ("backtest.cancel", &job.subject()));
        assert_eq!(entry.request_id.as_ref().unwrap().to_string(), "r-1");
        assert_eq!(entry.before, Some(json!({"status": before})));
        assert_eq!(entry.after, Some(json!({"status": next})));
    }
}

#[test]
fn a_sweep_is_audited_under_its_own_name() {
    let mut sweep = job();
    sweep.submission.sweep = Some(SweepPlan {
        parameters: Default::default(),
        constraints: Vec::new(),
        ordered: Vec::new(),
        search: Search::Grid,
        objective: "sharpe".to_owned(),
        filters: Vec::new(),
        combinations: 1,
        excluded: None,
    });
    let entry = after(&sweep, event("cancel")).1.audit.remove(0);
    assert_eq!(entry.action, "sweep.cancel");
    assert_eq!(entry.subject, format!("sweeps/{}", sweep.id));
}

#[test]
fn what_workers_do_is_not_audited() {
    for (_, state) in states() {
        let job = Backtest { state, attempt: 1, ..job() };
        for kind in EVENTS.iter().filter(|kind| **kind != "cancel") {
            if let Ok(change) = transition(&job, event(kind), NOW) {
                assert_eq!(change.audit, [], "{kind}");
            }
        }
    }
}

#[test]
fn a_job_that_is_put_off_waits_again_with_a_word_why_and_no_attempt_spent() {
    let running = running();
    let retry_at = Timestamp::from_nanos(2_000);
    let snooze = JobEvent::Snooze { retry_at, why: "the disk is full".to_owned() };
    let (queued, change) = after(&running, snooze);
    assert_eq!(queued.state, JobState::Queued { retry_at: Some(retry_at) });
    assert_eq!((running.attempt, queued.attempt), (1, 0));
    assert_eq!(change.fence, running.state.lease().map(|lease| lease.id), "its worker says so");
    let message = "the disk is full".to_owned();
    let requeued =
        LogBody::Queued { reason: Some(RequeueReason::Snoozed), retry_at: Some(retry_at) };
    assert_eq!(bodies(&change), [LogBody::Log { level: LogLevel::Warn, message }, requeued]);
    assert!(change.log.iter().map(|event| event.seq).eq([3, 4]), "{change:?}");
    assert_eq!((queued.last_seq, queued.revision), (4, running.revision + 1));
}

#[test]
fn a_job_that_was_handed_back_may_be_started_at_once_and_spends_no_attempt() {
    let (queued, change) = after(&running(), JobEvent::Release);
    assert_eq!((queued.state.clone(), queued.attempt), (JobState::Queued { retry_at: None }, 0));
    let reason = Some(RequeueReason::HandedBack);
    assert_eq!(bodies(&change), [LogBody::Queued { reason, retry_at: None }]);
    assert!(queued.is_due(NOW));
}

#[test]
fn a_job_that_lost_its_worker_is_tried_again_until_its_attempts_are_spent() {
    let mut job = running();
    for attempt in 1..3 {
        let (queued, change) = after(&job, lose(3));
        assert_eq!(queued.attempt, attempt, "the start is spent");
        assert_eq!(change.fence, None, "whoever notices may say so");
        let [first, second] = change.log.as_slice() else { panic!("two entries: {change:?}") };
        assert_eq!((first.seq, second.seq), (job.last_seq + 1, job.last_seq + 2));
        let LogBody::Log { level: LogLevel::Warn, message } = &first.body else {
            panic!("a line first: {first:?}")
        };
        assert!(message.contains(&format!("attempt {attempt} of 3")), "{message}");
        let reason = Some(RequeueReason::WorkerLost);
        let retry_at = Some(Timestamp::from_nanos(2_000));
        assert_eq!(second.body, LogBody::Queued { reason, retry_at });
        job = after(&queued, claim(1)).0;
    }
    let (failed, change) = after(&job, lose(3));
    assert_eq!((failed.state.status(), failed.attempt), (Status::Failed, 3));
    let [last] = change.log.as_slice() else { panic!("one entry: {change:?}") };
    assert!(
        matches!(&last.body, LogBody::Failed { failure } if failure.detail.contains("3 times"))
    );
    assert_eq!(last.seq, job.last_seq + 1);
}

#[test]
fn a_wish_to_cancel_is_in_the_log_with_who_asked() {
    let (_, change) = after(&running(), event("cancel"));
    let by = Some("key:ann".parse().unwrap());
    let request_id = Some("r-1".parse().unwrap());
    assert_eq!(bodies(&change), [LogBody::Cancelling { by, request_id }]);
}

#[test]
fn only_a_job_that_waits_is_due() {
    for (name, state) in states() {
        let due = Backtest { state, ..job() }.is_due(NOW);
        assert_eq!(due, name == "queued", "{name}");
    }
}

#[test]
fn a_job_for_later_is_due_from_its_moment_on_however_far_away_that_is() {
    for pause in [LONGEST_PAUSE, LONGEST_PAUSE * 1_000] {
        let mut job = job();
        job.submission.not_before = Some(NOW.plus(pause));
        assert!(!job.is_due(NOW));
        assert!(!job.is_due(NOW.plus(pause).saturating_add_nanos(-1)));
        assert!(job.is_due(NOW.plus(pause)));
    }
}

#[test]
fn a_pause_before_a_retry_holds_unless_it_is_longer_than_any() {
    let waiting = |retry_at| Backtest { state: JobState::Queued { retry_at }, ..job() };
    let longest = NOW.plus(LONGEST_PAUSE);
    assert!(waiting(None).is_due(NOW));
    assert!(waiting(Some(NOW)).is_due(NOW));
    assert!(!waiting(Some(NOW.saturating_add_nanos(1))).is_due(NOW));
    assert!(!waiting(Some(longest)).is_due(NOW));
    assert!(waiting(Some(longest.saturating_add_nanos(1))).is_due(NOW), "the clock was set back");
    let mut later = waiting(Some(longest.saturating_add_nanos(1)));
    later.submission.not_before = Some(longest);
    assert!(!later.is_due(NOW), "its moment has not come all the same");
}
