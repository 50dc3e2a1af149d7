//! While servers are updated one after the other, the previous build reads what this one writes.
//! Its shapes are kept here as they were, and replaced with each release.

mod support;

use serde::Deserialize;
use support::{event, job, states};
use tapedeck_domain::id::RequestId;
use tapedeck_domain::job::{
    Backtest, Failure, Headline, JobState, Lease, LogBody, Outcome, Progress, ReportRef, transition,
};
use tapedeck_domain::time::Timestamp;

#[derive(Debug, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
#[expect(dead_code, reason = "only read")]
enum PreviousState {
    Queued,
    Running {
        lease: Lease,
        started_at: Timestamp,
        progress: Progress,
    },
    Cancelling {
        lease: Lease,
        started_at: Timestamp,
        progress: Progress,
        requested: PreviousCancellation,
    },
    Succeeded {
        started_at: Timestamp,
        finished_at: Timestamp,
        outcome: Outcome,
    },
    Failed {
        started_at: Option<Timestamp>,
        finished_at: Timestamp,
        failure: Failure,
        partial: Option<ReportRef>,
    },
    Cancelled {
        started_at: Option<Timestamp>,
        finished_at: Timestamp,
        requested: PreviousCancellation,
        partial: Option<ReportRef>,
    },
    TimedOut {
        started_at: Timestamp,
        finished_at: Timestamp,
        failure: Failure,
        partial: Option<ReportRef>,
    },
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "only read")]
struct PreviousCancellation {
    at: Timestamp,
    request_id: RequestId,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[expect(dead_code, reason = "only read")]
enum PreviousBody {
    Queued,
    Started { attempt: u32 },
    Progress(Progress),
    Cancelling,
    Succeeded { metrics: Option<Headline> },
    Failed { failure: Failure },
    Cancelled,
    TimedOut { failure: Failure },
}

/// The part of a submission that is new is left out.
#[derive(Debug, Deserialize)]
struct PreviousSubmission {
    input_hash: String,
    request_id: RequestId,
}

fn read<T: serde::de::DeserializeOwned>(written: &impl serde::Serialize) -> T {
    let text = serde_json::to_string(written).unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn the_previous_build_reads_the_states_that_this_one_writes() {
    let retry_at = Some(Timestamp::from_nanos(1));
    let states = states().into_iter().map(|(_, state)| state);
    for state in states.chain([JobState::Queued { retry_at }]) {
        let previous: PreviousState = read(&state);
        let kind = format!("{previous:?}").to_lowercase();
        assert!(kind.starts_with(&state.status().as_str().replace('_', "")), "{kind}");
    }
}

/// But for lines of the log, which only those jobs have that were started in vain.
#[test]
fn the_previous_build_reads_the_entries_that_this_one_writes() {
    let mut read_back = 0;
    for (_, state) in states() {
        let job = Backtest { state, attempt: 1, ..job() };
        for change in support::EVENTS
            .iter()
            .filter_map(|kind| transition(&job, event(kind), Timestamp::from_nanos(9)).ok())
        {
            for entry in change.log {
                if !matches!(entry.body, LogBody::Log { .. }) {
                    let _: PreviousBody = read(&entry.body);
                    read_back += 1;
                }
            }
        }
    }
    assert!(read_back > 15, "{read_back}");
}

#[test]
fn the_previous_build_reads_the_submissions_that_this_one_writes() {
    let mut submission = job().submission;
    submission.not_before = Some(Timestamp::from_nanos(1));
    let previous: PreviousSubmission = read(&submission);
    assert_eq!(previous.input_hash, submission.input_hash);
    assert_eq!(previous.request_id, submission.request_id);
}

#[test]
fn this_build_reads_what_the_previous_one_wrote() {
    let queued: JobState = serde_json::from_str(r#"{"status":"queued"}"#).unwrap();
    assert_eq!(queued, JobState::Queued { retry_at: None });
    let cancelled = r#"{"status":"cancelled","started_at":null,"finished_at":2,
        "requested":{"at":1,"request_id":"r-1"},"partial":null}"#;
    let JobState::Cancelled { requested, .. } = serde_json::from_str(cancelled).unwrap() else {
        panic!("it was cancelled")
    };
    assert_eq!(requested.by.as_str(), "anonymous", "nobody else could have asked");
    let bodies = [
        (r#"{"event":"queued"}"#, LogBody::Queued { reason: None, retry_at: None }),
        (r#"{"event":"cancelling"}"#, LogBody::Cancelling { by: None, request_id: None }),
    ];
    for (text, expected) in bodies {
        assert_eq!(serde_json::from_str::<LogBody>(text).unwrap(), expected);
    }
}
