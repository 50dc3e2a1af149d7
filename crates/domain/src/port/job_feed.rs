use std::pin::Pin;

use async_trait::async_trait;
use futures_core::Stream;

use super::StorageError;
use crate::id::BacktestId;
use crate::job::{LoggedEvent, Status};

/// What happens to jobs, as it happens.
#[async_trait]
pub trait JobFeed: Send + Sync {
    /// Signals from now on. Every change that was made by this process after the call is
    /// signalled; those of other processes may not be, so who waits looks now and then, too.
    /// When the queue goes on after a pause, that is signalled as changes that were missed.
    fn subscribe(&self) -> Signals;

    /// The entries of the event log of a job after `seq`, in order, at most `limit`; empty when
    /// there is no such job.
    async fn events_page(
        &self,
        id: BacktestId,
        seq: u64,
        limit: usize,
    ) -> Result<Vec<LoggedEvent>, StorageError>;

    /// All of them after `seq`.
    async fn events(&self, id: BacktestId, seq: u64) -> Result<Vec<LoggedEvent>, StorageError> {
        self.events_page(id, seq, usize::MAX).await
    }
}

/// Signals, for as long as somebody listens.
pub type Signals = Pin<Box<dyn Stream<Item = Signal> + Send>>;

/// Something happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// To this job, which is now in this state.
    Changed(BacktestId, Status),
    /// This job is gone.
    Removed(BacktestId),
    /// To jobs unknown: the listener was too slow and must look for itself.
    Missed,
}

impl Signal {
    /// Whether it may concern `id`.
    pub fn concerns(self, id: BacktestId) -> bool {
        match self {
            Self::Changed(changed, _) | Self::Removed(changed) => changed == id,
            Self::Missed => true,
        }
    }
}
