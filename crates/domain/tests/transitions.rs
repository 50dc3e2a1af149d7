//! The lifecycle as a picture, and what no sequence of events can break.

mod support;

use std::fmt::Write as _;

use proptest::prelude::*;
use support::{EVENTS, event, job, states};
use tapedeck_domain::job::{Backtest, Status, transition};
use tapedeck_domain::time::Timestamp;

#[test]
fn the_whole_table_of_states_and_events() {
    let mut table = String::new();
    for (name, state) in states() {
        let job = Backtest { state, attempt: 1, ..job() };
        for kind in EVENTS {
            let event = event(kind);
            let verb = event.verb();
            let result = match transition(&job, event, Timestamp::from_nanos(9)) {
                Ok(change) => {
                    let fence = if change.fence.is_some() { ", fenced" } else { "" };
                    format!("{}, attempt {}{fence}", change.next.status().as_str(), change.attempt)
                }
                Err(_) => "-".to_owned(),
            };
            let _ = writeln!(table, "{name:<11} {verb:<16} {kind:<11} {result}");
        }
    }
    insta::assert_snapshot!(table);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn every_sequence_of_events_keeps_the_invariants(
        kinds in prop::collection::vec(prop::sample::select(EVENTS), 0..30)
    ) {
        let mut job = job();
        let mut log = vec![1];
        for (i, kind) in kinds.into_iter().enumerate() {
            let now = Timestamp::from_nanos(i as i64 + 2);
            let before = job.clone();
            let Ok(change) = transition(&job, event(kind), now) else {
                prop_assert!(before.state.status() != Status::Queued || kind != "claim");
                continue;
            };
            prop_assert!(!before.state.status().is_terminal(), "terminal states are never left");
            job = before.apply(&change).unwrap();
            prop_assert_eq!(job.revision, before.revision + 1);
            prop_assert!(before.apply(&change).is_ok() && job.apply(&change).is_err(), "only once");
            log.extend(change.log.iter().map(|event| event.seq));
            prop_assert_eq!(job.last_seq, *log.last().unwrap());
            let active = matches!(job.state.status(), Status::Running | Status::Cancelling);
            prop_assert_eq!(job.state.lease().is_some(), active, "leased while worked on");
            prop_assert_eq!(job.state.finished_at().is_some(), job.state.status().is_terminal());
            let json = serde_json::to_string(&job).unwrap();
            prop_assert_eq!(&serde_json::from_str::<Backtest>(&json).unwrap(), &job);
        }
        let gap_free: Vec<u64> = (1..=log.len() as u64).collect();
        prop_assert_eq!(log, gap_free);
    }
}

#[test]
fn a_change_under_a_lost_lease_is_refused_even_at_the_right_revision() {
    let claimed = |id| {
        let mut job = job();
        let change = transition(&job, support::claim(id), Timestamp::from_nanos(2)).unwrap();
        job = job.apply(&change).unwrap();
        job
    };
    let (mine, theirs) = (claimed(1), claimed(2));
    let late = transition(&mine, event("succeed"), Timestamp::from_nanos(3)).unwrap();
    assert_eq!(late.expected_revision, theirs.revision);
    assert!(theirs.apply(&late).is_err());
    assert!(mine.apply(&late).is_ok());
}
