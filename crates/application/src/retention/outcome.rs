use std::collections::BTreeMap;

use tapedeck_domain::job::Status;
use tapedeck_domain::port::RetentionRule;

use super::orphans::Orphan;

/// What would be removed.
#[derive(Debug, Clone, PartialEq)]
pub struct RetentionPlan {
    /// Jobs, for each final state that has a rule.
    pub states: Vec<PlannedState>,
    /// Idempotency keys.
    pub keys: u64,
    /// Artifacts that no job points to, before any job is removed.
    pub orphans: Orphans,
    /// Whether nothing is removed for its age, because the clock cannot be believed.
    pub clock_jumped: bool,
}

/// Jobs of one final state that would be removed.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedState {
    /// The rule.
    pub rule: RetentionRule,
    /// Those that are too old.
    pub by_age: u64,
    /// Those that are too many.
    pub by_count: u64,
    /// Those that are either.
    pub expired: u64,
}

/// Artifacts that no job points to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Orphans {
    /// Their jobs were removed, as the audit trail says.
    pub of_removed_jobs: u64,
    /// Their jobs ended with other artifacts.
    pub superseded: u64,
    /// Nothing is known of their jobs. This may be the wrong database for the directory.
    pub of_unknown_jobs: u64,
}

impl Orphans {
    /// All kinds together.
    pub fn all(self) -> u64 {
        self.of_removed_jobs + self.superseded + self.of_unknown_jobs
    }

    pub(super) fn count(&mut self, kind: Orphan) {
        match kind {
            Orphan::OfRemovedJob => self.of_removed_jobs += 1,
            Orphan::Superseded => self.superseded += 1,
            Orphan::OfUnknownJob => self.of_unknown_jobs += 1,
        }
    }
}

/// What was removed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Removed {
    /// Jobs, by their final state; states of which none was are not there.
    pub jobs: BTreeMap<&'static str, u64>,
    /// Their artifacts.
    pub artifacts: u64,
    /// Artifacts that no job pointed to.
    pub orphans: Orphans,
    /// Files that writers who died had left half written.
    pub unfinished: u64,
    /// Idempotency keys.
    pub keys: u64,
}

impl Removed {
    /// Jobs of all states.
    pub fn all_jobs(&self) -> u64 {
        self.jobs.values().sum()
    }

    pub(super) fn count_jobs(&mut self, status: Status, jobs: u64) {
        if jobs > 0 {
            *self.jobs.entry(status.as_str()).or_insert(0) += jobs;
        }
    }
}
