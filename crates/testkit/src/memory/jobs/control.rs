use async_trait::async_trait;
use tapedeck_domain::audit::{AuditEntry, Audited};
use tapedeck_domain::job::{Backtest, Priority};
use tapedeck_domain::port::{
    AuditFilter, AuditLog, Depth, Pause, QueueControl, QueueStatus, Signal, StorageError,
};
use tapedeck_domain::time::Timestamp;

use super::MemoryJobs;

#[async_trait]
impl QueueControl for MemoryJobs {
    async fn status(&self, now: Timestamp) -> Result<QueueStatus, StorageError> {
        let state = self.lock();
        let due: Vec<&Backtest> = state.queued().filter(|job| job.is_due(now)).collect();
        let queued = state.queued().count() as u64;
        let is_batch = |job: &Backtest| job.submission.priority == Priority::Batch;
        let batch = state.queued().filter(|job| is_batch(job)).count() as u64;
        let batch_due = due.iter().filter(|job| is_batch(job)).count() as u64;
        let leased = state.jobs.values().filter(|row| row.job.state.lease().is_some());
        Ok(QueueStatus {
            pause: state.pause.clone(),
            queued,
            scheduled: queued - due.len() as u64,
            batch: Depth { queued: batch, scheduled: batch - batch_due },
            running: leased.count() as u64,
            oldest: due.iter().map(|job| job.created_at).min(),
        })
    }

    async fn set_pause(
        &self,
        pause: Option<Pause>,
        audit: AuditEntry,
    ) -> Result<bool, StorageError> {
        let resumes = pause.is_none();
        let changed = {
            let mut state = self.lock();
            let changed = state.pause.is_some() != pause.is_some();
            if changed {
                state.pause = pause;
                state.audit(audit);
            }
            changed
        };
        if changed && resumes {
            self.feed.send(Signal::Missed);
        }
        Ok(changed)
    }
}

#[async_trait]
impl AuditLog for MemoryJobs {
    async fn list(
        &self,
        filter: AuditFilter,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<Audited>, StorageError> {
        let state = self.lock();
        let matches = |audited: &&Audited| {
            let entry = &audited.entry;
            before.is_none_or(|before| audited.seq < before)
                && filter.actor.as_ref().is_none_or(|actor| *actor == entry.actor)
                && filter.action.as_ref().is_none_or(|action| *action == entry.action)
                && filter.subject.as_ref().is_none_or(|subject| *subject == entry.subject)
                && filter.request_id.as_ref().is_none_or(|id| entry.request_id.as_ref() == Some(id))
                && filter.since.is_none_or(|since| entry.at >= since)
                && filter.until.is_none_or(|until| entry.at < until)
        };
        Ok(state.trail.iter().rev().filter(matches).take(limit).cloned().collect())
    }
}
