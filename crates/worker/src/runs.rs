//! The runs that a worker has under way.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tapedeck_application::{RunHandle, StopCause};
use tapedeck_domain::id::{BacktestId, LeaseId};

/// The runs that a worker has under way, by their leases and by their jobs.
#[derive(Clone, Default)]
pub(crate) struct Runs(Arc<Mutex<Index>>);

#[derive(Default)]
struct Index {
    by_lease: HashMap<LeaseId, RunHandle>,
    by_job: HashMap<BacktestId, LeaseId>,
}

impl Runs {
    /// Lists a run for as long as the guard lives. An older run of the same job, which must have
    /// lost its lease, is stopped.
    pub(crate) fn add(&self, job: BacktestId, lease: LeaseId, handle: RunHandle) -> Listed {
        let mut index = self.lock();
        index.by_lease.insert(lease, handle);
        let before = index.by_job.insert(job, lease);
        if let Some(older) = before.and_then(|lease| index.by_lease.get(&lease)) {
            older.stop(StopCause::LeaseLost);
        }
        Listed { runs: self.clone(), job, lease }
    }

    pub(crate) fn leases(&self) -> Vec<LeaseId> {
        self.lock().by_lease.keys().copied().collect()
    }

    pub(crate) fn has(&self, lease: LeaseId) -> bool {
        self.lock().by_lease.contains_key(&lease)
    }

    pub(crate) fn stop(&self, lease: LeaseId, cause: StopCause) {
        if let Some(handle) = self.lock().by_lease.get(&lease) {
            handle.stop(cause);
        }
    }

    pub(crate) fn stop_all(&self, cause: StopCause) {
        self.lock().by_lease.values().for_each(|handle| handle.stop(cause));
    }

    /// Has the run of a job look after it, if there is one.
    pub(crate) fn nudge(&self, job: BacktestId) {
        let index = self.lock();
        if let Some(handle) = index.by_job.get(&job).and_then(|lease| index.by_lease.get(lease)) {
            handle.nudge();
        }
    }

    pub(crate) fn nudge_all(&self) {
        self.lock().by_lease.values().for_each(RunHandle::nudge);
    }

    fn lock(&self) -> MutexGuard<'_, Index> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes a run off the list when it ends, and when it panics, too: its lease must not be renewed
/// any more, so that the job is found to be lost.
pub(crate) struct Listed {
    runs: Runs,
    job: BacktestId,
    lease: LeaseId,
}

impl Drop for Listed {
    fn drop(&mut self) {
        let mut index = self.runs.lock();
        index.by_lease.remove(&self.lease);
        if index.by_job.get(&self.job) == Some(&self.lease) {
            index.by_job.remove(&self.job);
        }
    }
}
