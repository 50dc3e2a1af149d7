//! Look at the queue, pause it, let it go on.

use std::sync::Arc;

use serde_json::{Value, json};
use tapedeck_domain::actor::Requester;
use tapedeck_domain::audit::AuditEntry;
use tapedeck_domain::port::{Clock, Pause, QueueControl, QueueStatus, StorageError};
use tapedeck_domain::time::Timestamp;

/// Look at the queue, pause it, let it go on.
#[derive(Clone)]
pub struct QueueSwitch {
    control: Arc<dyn QueueControl>,
    clock: Arc<dyn Clock>,
    limit: u64,
}

/// The queue at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueView {
    /// How it stands.
    pub status: QueueStatus,
    /// Queued jobs beyond which none is added.
    pub limit: u64,
    /// When that was.
    pub at: Timestamp,
}

/// What the audit trail calls the queue.
const SUBJECT: &str = "queue";

impl QueueSwitch {
    /// Over these ports; no more than `limit` jobs are queued.
    pub fn new(control: Arc<dyn QueueControl>, clock: Arc<dyn Clock>, limit: u64) -> Self {
        Self { control, clock, limit }
    }

    /// How it stands.
    ///
    /// # Errors
    /// The store failed.
    pub async fn look(&self) -> Result<QueueView, StorageError> {
        let at = self.clock.now();
        Ok(QueueView { status: self.control.status(at).await?, limit: self.limit, at })
    }

    /// Keeps all workers from taking jobs; those that run are not touched. A queue that is paused
    /// stays as it is, with whoever paused it first.
    ///
    /// # Errors
    /// The store failed.
    pub async fn pause(
        &self,
        requester: Requester,
        reason: Option<String>,
    ) -> Result<QueueView, StorageError> {
        let Requester { actor: by, request_id } = requester.clone();
        let at = self.clock.now();
        let pause = Pause { at, by, request_id: Some(request_id), reason };
        let (before, after) = (json!({"paused": false}), paused(&pause));
        let entry = entry("queue.pause", requester, at, Some(before), after);
        if self.control.set_pause(Some(pause), entry).await? {
            tracing::info!("the queue is paused");
        }
        self.look().await
    }

    /// Lets the workers go on. A queue that is not paused stays as it is.
    ///
    /// # Errors
    /// The store failed.
    pub async fn resume(&self, requester: Requester) -> Result<QueueView, StorageError> {
        let at = self.clock.now();
        let pause = self.control.status(at).await?.pause;
        let before = pause.as_ref().map(paused);
        let entry = entry("queue.resume", requester, at, before, json!({"paused": false}));
        if self.control.set_pause(None, entry).await? {
            tracing::info!("the queue goes on");
        }
        self.look().await
    }
}

fn paused(pause: &Pause) -> Value {
    json!({"paused": true, "reason": pause.reason})
}

fn entry(
    action: &str,
    requester: Requester,
    at: Timestamp,
    before: Option<Value>,
    after: Value,
) -> AuditEntry {
    AuditEntry {
        at,
        actor: requester.actor,
        action: action.to_owned(),
        subject: SUBJECT.to_owned(),
        request_id: Some(requester.request_id),
        before,
        after: Some(after),
    }
}
