use async_trait::async_trait;

use super::StorageError;
use crate::actor::Actor;
use crate::audit::AuditEntry;
use crate::id::RequestId;
use crate::job::Priority;
use crate::time::Timestamp;

/// The queue as a whole: how long it is, and whether workers may take from it.
#[async_trait]
pub trait QueueControl: Send + Sync {
    /// How it stands.
    async fn status(&self, now: Timestamp) -> Result<QueueStatus, StorageError>;

    /// Pauses the queue for all workers, or with `None` lets them go on; what runs is not
    /// touched. Says whether that changed anything; the entry is added to the audit trail only
    /// if it did.
    async fn set_pause(
        &self,
        pause: Option<Pause>,
        audit: AuditEntry,
    ) -> Result<bool, StorageError>;
}

/// How the queue stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QueueStatus {
    /// Since when and why nothing is taken from it.
    pub pause: Option<Pause>,
    /// Jobs that wait, those for later included.
    pub queued: u64,
    /// Jobs that wait for a moment that has not come.
    pub scheduled: u64,
    /// Of those that wait, the ones that nobody waits for.
    pub batch: Depth,
    /// Jobs that are worked on.
    pub running: u64,
    /// When the job that waits longest and is due was submitted.
    pub oldest: Option<Timestamp>,
}

/// How many jobs of one priority wait.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Depth {
    /// All of them.
    pub queued: u64,
    /// Those for a moment that has not come.
    pub scheduled: u64,
}

impl QueueStatus {
    /// How many jobs of this priority wait.
    pub const fn of(&self, priority: Priority) -> Depth {
        match priority {
            Priority::Batch => self.batch,
            Priority::Interactive => Depth {
                queued: self.queued.saturating_sub(self.batch.queued),
                scheduled: self.scheduled.saturating_sub(self.batch.scheduled),
            },
        }
    }
}

/// A pause of the queue.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Pause {
    /// Since when.
    pub at: Timestamp,
    /// Who paused it.
    pub by: Actor,
    /// The request that did.
    pub request_id: Option<RequestId>,
    /// Why, in the words of whoever paused it.
    pub reason: Option<String>,
}
