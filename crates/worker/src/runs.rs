//! The runs that a worker has under way.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tapedeck_application::{RunHandle, StopCause};
use tapedeck_domain::id::LeaseId;

/// The runs that a worker has under way, by their leases.
#[derive(Clone, Default)]
pub(crate) struct Runs(Arc<Mutex<HashMap<LeaseId, RunHandle>>>);

impl Runs {
    /// Lists a run for as long as the guard lives.
    pub(crate) fn add(&self, lease: LeaseId, handle: RunHandle) -> Listed {
        self.lock().insert(lease, handle);
        Listed { runs: self.clone(), lease }
    }

    pub(crate) fn leases(&self) -> Vec<LeaseId> {
        self.lock().keys().copied().collect()
    }

    pub(crate) fn stop(&self, lease: LeaseId, cause: StopCause) {
        if let Some(handle) = self.lock().get(&lease) {
            handle.stop(cause);
        }
    }

    pub(crate) fn stop_all(&self, cause: StopCause) {
        self.lock().values().for_each(|handle| handle.stop(cause));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<LeaseId, RunHandle>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes a run off the list when it ends, and when it panics, too: its lease must not be renewed
/// any more, so that the job is found to be lost.
pub(crate) struct Listed {
    runs: Runs,
    lease: LeaseId,
}

impl Drop for Listed {
    fn drop(&mut self) {
        self.runs.lock().remove(&self.lease);
    }
}
