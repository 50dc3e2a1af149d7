//! Jobs in memory.

mod catalog;
mod chain;
mod control;
mod feed;
mod overrides;
mod queue;
mod retention;
mod store;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tapedeck_domain::audit::{AuditEntry, Audited, Link};
use tapedeck_domain::id::BacktestId;
use tapedeck_domain::job::{Backtest, Conflict, JobChange, LoggedEvent, Status};
use tapedeck_domain::port::{Override, Pause};
use tapedeck_domain::time::Timestamp;

use super::feed::Feed;

/// Jobs in memory, behind all ports of jobs.
#[derive(Default)]
pub struct MemoryJobs {
    state: Mutex<State>,
    feed: Feed,
}

#[derive(Clone, Default)]
struct State {
    jobs: BTreeMap<BacktestId, Row>,
    keys: HashMap<(String, String), Key>,
    positions: u64,
    pause: Option<Pause>,
    trail: Vec<Audited>,
    overrides: BTreeMap<String, Override>,
    links: Vec<Link>,
}

#[derive(Clone)]
struct Row {
    job: Backtest,
    log: Vec<LoggedEvent>,
    renewals: u64,
    /// Its place in the queue.
    position: u64,
    /// Whether equal requests share it: only the first of several equal jobs, while it lives.
    shared: bool,
}

#[derive(Clone)]
struct Key {
    body_hash: String,
    used: Timestamp,
    job: BacktestId,
}

impl Clone for MemoryJobs {
    /// Jobs of their own, equal for now; who listens to one does not hear the other.
    fn clone(&self) -> Self {
        Self { state: Mutex::new(self.lock().clone()), feed: Feed::default() }
    }
}

impl MemoryJobs {
    /// Adds an entry to the audit trail, for an adapter that shares it.
    pub(crate) fn audit(&self, entry: AuditEntry) {
        self.lock().audit(entry);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn queued(&self) -> impl Iterator<Item = &Backtest> {
        let jobs = self.jobs.values().map(|row| &row.job);
        jobs.filter(|job| job.state.status() == Status::Queued)
    }

    fn apply(&mut self, change: &JobChange) -> Result<(), Conflict> {
        self.apply_to_row(change)?;
        change.audit.iter().cloned().for_each(|entry| self.audit(entry));
        Ok(())
    }

    fn audit(&mut self, entry: AuditEntry) {
        let seq = self.trail.len() as u64 + 1;
        self.trail.push(Audited { seq, entry, hash: None });
    }

    fn apply_to_row(&mut self, change: &JobChange) -> Result<(), Conflict> {
        let row = self.jobs.get_mut(&change.id).ok_or(Conflict)?;
        row.job = row.job.apply(change)?;
        row.shared &= row.job.dedupe_key().is_some();
        row.log.extend(change.log.iter().cloned());
        Ok(())
    }
}
