//! Cancel a backtest.

use std::sync::Arc;

use tapedeck_domain::actor::Requester;
use tapedeck_domain::id::BacktestId;
use tapedeck_domain::job::{Backtest, Cancellation, JobEvent, Status, transition};
use tapedeck_domain::port::{Clock, JobStore, StorageError};

/// Cancel a backtest.
#[derive(Clone)]
pub struct Cancel {
    store: Arc<dyn JobStore>,
    clock: Arc<dyn Clock>,
}

/// What became of the wish.
#[derive(Debug, Clone, PartialEq)]
pub enum Cancelled {
    /// It is ending; ask again for the end.
    Ending(Backtest),
    /// It has ended, now or before, in whatever way.
    Ended(Backtest),
}

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum CancelError {
    /// There is no such backtest.
    #[error("no such backtest")]
    NotFound,
    /// The store failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl Cancel {
    /// Over these ports.
    pub fn new(store: Arc<dyn JobStore>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
    }

    /// Asks for the end of a backtest. Asking again changes nothing.
    ///
    /// # Errors
    /// See [`CancelError`].
    pub async fn cancel(
        &self,
        id: BacktestId,
        requester: Requester,
    ) -> Result<Cancelled, CancelError> {
        loop {
            let job = self.store.find(id).await?.ok_or(CancelError::NotFound)?;
            let now = self.clock.now();
            let Requester { actor: by, request_id } = requester.clone();
            let requested = Cancellation { at: now, request_id, by };
            let Ok(change) = transition(&job, JobEvent::Cancel(requested), now) else {
                return Ok(outcome(job));
            };
            let applied = self.store.commit(vec![change.clone()]).await?;
            // Refused: the job moved on meanwhile, so it is looked at anew.
            if let (Some(Ok(())), Ok(next)) = (applied.first(), job.apply(&change)) {
                tracing::info!(job.id = %id, request.id = %requester.request_id, "cancellation asked for");
                return Ok(outcome(next));
            }
        }
    }
}

fn outcome(job: Backtest) -> Cancelled {
    match job.state.status() {
        Status::Queued | Status::Running | Status::Cancelling => Cancelled::Ending(job),
        Status::Succeeded | Status::Failed | Status::Cancelled | Status::TimedOut => {
            Cancelled::Ended(job)
        }
    }
}
