//! Remove a finished backtest with everything it left behind.

use std::sync::Arc;

use serde_json::json;
use tapedeck_domain::actor::{Actor, Requester};
use tapedeck_domain::audit::AuditEntry;
use tapedeck_domain::id::{BacktestId, RequestId};
use tapedeck_domain::job::{Backtest, Conflict, ReportRef};
use tapedeck_domain::port::{Clock, JobStore, Removal, ReportStore, StorageError};
use tapedeck_domain::time::Timestamp;

/// Remove a finished backtest.
#[derive(Clone)]
pub struct Remove {
    store: Arc<dyn JobStore>,
    reports: Arc<dyn ReportStore>,
    clock: Arc<dyn Clock>,
}

/// Why nothing was removed.
#[derive(Debug, thiserror::Error)]
pub enum RemoveError {
    /// There is no such backtest.
    #[error("no such backtest")]
    NotFound,
    /// It has not ended.
    #[error("the backtest has not ended")]
    NotEnded,
    /// A store failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl Remove {
    /// Over these ports.
    pub fn new(
        store: Arc<dyn JobStore>,
        reports: Arc<dyn ReportStore>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { store, reports, clock }
    }

    /// Removes the row, then the report: a row never points to a report that is gone.
    ///
    /// # Errors
    /// See [`RemoveError`]. When the report store fails, the backtest is gone all the same and
    /// its files are left over.
    pub async fn remove(&self, id: BacktestId, requester: Requester) -> Result<(), RemoveError> {
        let now = self.clock.now();
        if let Some(report) = remove_job(self.store.as_ref(), id, requester, now).await? {
            self.reports.remove(&report).await?;
        }
        tracing::info!(job.id = %id, "backtest removed");
        Ok(())
    }
}

/// Removes the row of a job that has ended, and names the report that it leaves.
pub(crate) async fn remove_job(
    store: &dyn JobStore,
    id: BacktestId,
    requester: Requester,
    now: Timestamp,
) -> Result<Option<ReportRef>, RemoveError> {
    let job = store.find(id).await?.ok_or(RemoveError::NotFound)?;
    if !job.state.status().is_terminal() {
        return Err(RemoveError::NotEnded);
    }
    // Terminal states never change, so a refusal means that somebody else removed it.
    let removal = removal(&job, requester.actor, Some(requester.request_id), now);
    let removed = store.delete(vec![removal]).await?;
    removed.first().copied().unwrap_or(Err(Conflict)).map_err(|_| RemoveError::NotFound)?;
    Ok(job.state.report().cloned())
}

/// The removal of a job as it is, with what the audit trail says about it.
pub(crate) fn removal(
    job: &Backtest,
    actor: Actor,
    request_id: Option<RequestId>,
    now: Timestamp,
) -> Removal {
    let audit = AuditEntry {
        at: now,
        actor,
        action: format!("{}.delete", job.submission.kind().as_str()),
        subject: job.subject(),
        request_id,
        before: Some(json!({
            "status": job.state.status().as_str(),
            "input_hash": job.submission.input_hash,
            "created_at": job.created_at.to_string(),
        })),
        after: None,
    };
    Removal { id: job.id, revision: job.revision, audit }
}
