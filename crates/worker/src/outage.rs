//! A store that does not answer, said once.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tapedeck_domain::port::{Clock, StorageError};

/// Whether the store of the queue answers, as all loops of a worker find out together. They try
/// again every second and more often; an operator wants one line when it goes, and one when it
/// comes back.
#[derive(Clone)]
pub(crate) struct Outage {
    since: Arc<Mutex<Option<Duration>>>,
    clock: Arc<dyn Clock>,
}

impl Outage {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { since: Arc::default(), clock }
    }

    /// It failed, when it was to do `what`.
    pub(crate) fn failed(&self, what: &'static str, error: &StorageError) {
        let mut since = self.since.lock().unwrap_or_else(PoisonError::into_inner);
        if since.is_none() {
            *since = Some(self.clock.monotonic());
            let error = chain(error);
            tracing::error!(what, error, "the job store fails; trying until it does not");
        }
    }

    /// It answered.
    pub(crate) fn answered(&self) {
        let since = self.since.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(since) = since {
            let lasted = self.clock.monotonic().saturating_sub(since);
            let duration_ms = u64::try_from(lasted.as_millis()).unwrap_or(u64::MAX);
            tracing::info!(duration_ms, "the job store answers again");
        }
    }
}

/// An error and its causes, in one line.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let texts: Vec<String> = causes.map(ToString::to_string).collect();
    texts.join(": ")
}
