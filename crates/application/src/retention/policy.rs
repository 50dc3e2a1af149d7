use std::time::Duration;

use tapedeck_domain::job::Status;
use tapedeck_domain::port::RetentionRule;
use tapedeck_domain::time::Timestamp;

/// How long what is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetentionPolicy {
    /// Jobs, by their final state; other states are kept.
    pub jobs: Vec<Retain>,
    /// How many jobs of each final state at most, the latest ones.
    pub keep_latest: Option<u64>,
    /// Idempotency keys.
    pub keys: Duration,
}

/// How long jobs of one final state are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retain {
    /// The state.
    pub status: Status,
    /// How long; for ever where nothing is said.
    pub age: Option<Duration>,
}

impl RetentionPolicy {
    /// The rules that say something. Without a moment to count from, none of them is by age.
    pub(super) fn rules(&self, now: Option<Timestamp>) -> Vec<RetentionRule> {
        let rules = self.jobs.iter().map(|retain| RetentionRule {
            status: retain.status,
            ended_before: now.zip(retain.age).map(|(now, age)| now.minus(age)),
            keep_latest: self.keep_latest,
        });
        rules.filter(|rule| !is_empty(*rule)).collect()
    }
}

/// Whether nothing expires by it.
pub(super) fn is_empty(rule: RetentionRule) -> bool {
    rule.ended_before.is_none() && rule.keep_latest.is_none()
}
