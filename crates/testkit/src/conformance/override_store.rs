//! The contract of `OverrideStore`.

use std::sync::Arc;

use serde_json::{Value, json};
use tapedeck_domain::port::{Override, OverrideChange};

use super::Jobs;
use super::on_jobs::{decision, now};

fn held(key: &str, value: Value) -> Override {
    Override {
        key: key.to_owned(),
        value,
        at: now(),
        by: "key:ann".parse().unwrap(),
        request_id: Some("request-9".parse().unwrap()),
    }
}

fn change(key: &str, expected: Option<Value>, next: Option<Value>) -> OverrideChange {
    let (next, audit) = (next.map(|value| held(key, value)), decision("flag.set"));
    OverrideChange { key: key.to_owned(), expected, next, audit }
}

impl Jobs {
    async fn overridden(&self) -> Vec<(String, Value)> {
        let all = self.overrides.all().await.unwrap();
        all.into_iter().map(|held| (held.key, held.value)).collect()
    }

    async fn turn(&self, change: OverrideChange) -> bool {
        self.overrides.change(change).await.unwrap()
    }
}

/// Every part of it, and those that are missing.
pub async fn an_override_comes_back_as_it_was_set(jobs: Jobs) {
    assert_eq!(jobs.overrides.all().await.unwrap(), []);
    let whole = held("logging", json!("quotes ' \" and ünïcode"));
    let bare = Override { request_id: None, ..held("flags.a", json!(true)) };
    for next in [whole.clone(), bare.clone()] {
        let key = next.key.clone();
        let change = OverrideChange { next: Some(next), ..change(&key, None, None) };
        assert!(jobs.turn(change).await);
    }
    assert_eq!(jobs.overrides.all().await.unwrap(), [bare, whole]);
}

/// Who set it last is the one who did.
pub async fn an_override_is_replaced_by_the_next(jobs: Jobs) {
    assert!(jobs.turn(change("a", None, Some(json!(true)))).await);
    let next = Override { by: "cli".parse().unwrap(), request_id: None, ..held("a", json!(false)) };
    let second =
        OverrideChange { next: Some(next.clone()), ..change("a", Some(json!(true)), None) };
    assert!(jobs.turn(second).await);
    assert_eq!(jobs.overrides.all().await.unwrap(), [next]);
}

/// And the configured value holds again.
pub async fn an_override_that_is_taken_back_is_gone(jobs: Jobs) {
    jobs.turn(change("a", None, Some(json!(1)))).await;
    jobs.turn(change("b", None, Some(json!(2)))).await;
    assert!(jobs.turn(change("a", Some(json!(1)), None)).await);
    assert_eq!(jobs.overridden().await, [("b".to_owned(), json!(2))]);
}

/// Somebody else was faster, so the decision was made about something else.
pub async fn a_change_of_another_value_than_expected_changes_nothing(jobs: Jobs) {
    assert!(!jobs.turn(change("a", Some(json!(true)), Some(json!(false)))).await);
    assert!(!jobs.turn(change("a", Some(json!(true)), None)).await);
    assert!(!jobs.turn(change("a", None, None)).await);
    jobs.turn(change("a", None, Some(json!(true)))).await;
    assert!(!jobs.turn(change("a", None, Some(json!(false)))).await);
    assert!(!jobs.turn(change("a", Some(json!(false)), Some(json!("x")))).await);
    assert!(!jobs.turn(change("a", Some(json!(false)), None)).await);
    assert_eq!(jobs.overridden().await, [("a".to_owned(), json!(true))]);
    assert_eq!(jobs.trail().await, [decision("flag.set")], "nothing else was decided");
}

/// In the transaction that makes it.
pub async fn a_change_of_an_override_adds_its_entry(jobs: Jobs) {
    jobs.turn(change("a", None, Some(json!(true)))).await;
    let back =
        OverrideChange { audit: decision("flag.clear"), ..change("a", Some(json!(true)), None) };
    jobs.turn(back).await;
    assert_eq!(jobs.trail().await, [decision("flag.clear"), decision("flag.set")]);
}

/// And recorded once.
pub async fn of_changes_of_one_override_at_the_same_moment_one_is_made(jobs: Jobs) {
    let jobs = Arc::new(jobs);
    let (on, off) = (json!(true), json!(false));
    for (expected, next) in
        [(None, Some(on.clone())), (Some(on), Some(off.clone())), (Some(off), None)]
    {
        let turn = |_| {
            let (jobs, change) = (Arc::clone(&jobs), change("a", expected.clone(), next.clone()));
            tokio::spawn(async move { jobs.turn(change).await })
        };
        let tasks: Vec<_> = (0..10).map(turn).collect();
        let mut made = 0;
        for task in tasks {
            made += u32::from(task.await.unwrap());
        }
        assert_eq!(made, 1);
    }
    assert_eq!(jobs.trail().await.len(), 3);
}
