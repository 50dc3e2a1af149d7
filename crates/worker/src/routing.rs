//! From the feed to whom a signal concerns: the worker has one subscription, whatever it runs.

use std::sync::Arc;

use futures_util::StreamExt as _;
use tapedeck_domain::job::Status;
use tapedeck_domain::port::{Signal, Signals};
use tokio::sync::Notify;

use crate::runs::Runs;

/// Wakes the worker for jobs that wait, and the run of a job whose end was asked for. Everything
/// else that happens to jobs is passed over.
pub(crate) async fn route(mut signals: Signals, runs: Runs, queued: Arc<Notify>) {
    while let Some(signal) = signals.next().await {
        match signal {
            Signal::Changed(_, Status::Queued) => queued.notify_one(),
            Signal::Changed(id, Status::Cancelling) | Signal::Removed(id) => runs.nudge(id),
            Signal::Changed(..) => {}
            Signal::Missed => {
                queued.notify_one();
                runs.nudge_all();
            }
        }
    }
}
