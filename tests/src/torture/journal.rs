//! What must hold of every event log.

use serde_json::Value;

use super::api::is_terminal;

/// Every fault of a log that is over, of a job that is in `status`.
pub fn faults(log: &[Value], status: &str) -> Vec<String> {
    let kinds: Vec<&str> = log.iter().map(|entry| entry["event"].as_str().unwrap_or("")).collect();
    let mut found = numbering(log);
    if kinds.first() != Some(&"queued") {
        found.push(format!("its log begins with {:?}", kinds.first()));
    }
    let ends: Vec<_> = kinds.iter().filter(|kind| is_terminal(kind)).collect();
    if ends != [&status] {
        found.push(format!("it is {status}, and its log has {ends:?}"));
    }
    if kinds.last() != Some(&status) {
        found.push(format!("its log goes on after its end: {kinds:?}"));
    }
    let asked = kinds.iter().position(|kind| *kind == "cancelling");
    let started = kinds.iter().rposition(|kind| *kind == "started");
    if asked.is_some() && asked < started {
        found.push("it was started after its end was asked for".to_owned());
    }
    found.extend(attempts(log));
    found
}

fn numbering(log: &[Value]) -> Vec<String> {
    let numbers: Vec<_> = log.iter().filter_map(|entry| entry["seq"].as_u64()).collect();
    let gapless = (1..=log.len() as u64).eq(numbers.iter().copied());
    if gapless { Vec::new() } else { vec![format!("its log is numbered {numbers:?}")] }
}

/// Each start must count one more, a start that was handed back counts no more; and no start
/// follows another without the job having waited between.
fn attempts(log: &[Value]) -> Vec<String> {
    let (mut found, mut spent, mut waits) = (Vec::new(), 0, false);
    for entry in log {
        match entry["event"].as_str() {
            Some("queued") => {
                waits = true;
                let refunded = matches!(entry["reason"].as_str(), Some("handed_back" | "snoozed"));
                spent -= u64::from(refunded && spent > 0);
            }
            Some("started") => {
                let attempt = entry["attempt"].as_u64();
                if !waits || attempt != Some(spent + 1) {
                    found.push(format!("start {attempt:?} after {spent}, waiting: {waits}"));
                }
                (spent, waits) = (spent + 1, false);
            }
            _ => {}
        }
    }
    found
}

/// How often the job was given up for lost.
pub fn losses(log: &[Value]) -> usize {
    log.iter().filter(|entry| entry["reason"] == "worker_lost").count()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A log of these entries, numbered.
    fn log(entries: &[Value]) -> Vec<Value> {
        let numbered = (1..).zip(entries).map(|(seq, entry)| {
            let mut entry = entry.clone();
            entry["seq"] = json!(seq);
            entry
        });
        numbered.collect()
    }

    fn queued() -> Value {
        json!({"event": "queued"})
    }

    fn again(reason: &str) -> Value {
        json!({"event": "queued", "reason": reason})
    }

    fn started(attempt: u32) -> Value {
        json!({"event": "started", "attempt": attempt})
    }

    fn ended(status: &str) -> Value {
        json!({"event": status})
    }

    #[test]
    fn a_life_without_accidents_and_one_with_them_are_in_order() {
        let plain = log(&[queued(), started(1), ended("succeeded")]);
        assert_eq!(faults(&plain, "succeeded"), Vec::<String>::new());
        let hard = log(&[
            queued(),
            started(1),
            again("worker_lost"),
            started(2),
            again("handed_back"),
            started(2),
            ended("cancelling"),
            ended("cancelled"),
        ]);
        assert_eq!(faults(&hard, "cancelled"), Vec::<String>::new());
        assert_eq!(losses(&hard), 1);
    }

    #[test]
    fn each_broken_promise_is_found() {
        let whole = [queued(), started(1), ended("succeeded")];
        let mut gap = log(&whole);
        gap[2]["seq"] = json!(4);
        let broken = [
            gap,
            log(&whole[1..]),
            log(&whole[..2]),
            log(&[queued(), started(1), ended("succeeded"), ended("succeeded")]),
            log(&[queued(), started(1), ended("succeeded"), started(2)]),
            log(&[queued(), started(1), ended("failed")]),
            log(&[queued(), started(2), ended("succeeded")]),
            log(&[queued(), started(1), started(2), ended("succeeded")]),
            log(&[queued(), started(1), ended("cancelling"), again("worker_lost"), started(2)]),
        ];
        for log in broken {
            assert_ne!(faults(&log, "succeeded"), Vec::<String>::new(), "{log:?}");
        }
    }
}
