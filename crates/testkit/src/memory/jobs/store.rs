use async_trait::async_trait;
use tapedeck_domain::id::BacktestId;
use tapedeck_domain::job::{Backtest, Conflict, JobChange};
use tapedeck_domain::port::{
    Idempotency, JobStore, NewJob, Removal, Signal, StorageError, SubmitError, Submitted,
};

use super::{Key, MemoryJobs, Row, State};

impl State {
    fn submit(&mut self, new: NewJob) -> Result<Submitted, SubmitError> {
        if let Some(before) = self.replayed(new.idempotency.as_ref())? {
            return Ok(Submitted::Replayed(before));
        }
        let twin = self.twin(&new.job);
        let shared = twin.is_none() && new.job.dedupe_key().is_some();
        if let (None, Some(twin)) = (&new.idempotency, twin) {
            return Ok(Submitted::Deduplicated(twin));
        }
        if self.queued().count() as u64 >= new.queue_limit {
            return Err(SubmitError::QueueFull);
        }
        if self.jobs.contains_key(&new.job.id) {
            return Err(StorageError::unavailable("there is a job of this id").into());
        }
        let (id, used) = (new.job.id, new.job.created_at);
        if let Some(Idempotency { scope, key, body_hash }) = new.idempotency {
            self.keys.insert((scope, key.as_str().to_owned()), Key { body_hash, used, job: id });
        }
        self.positions += 1;
        let (job, log, position) = (new.job.clone(), vec![new.event], self.positions);
        let row = Row { job, log, renewals: 0, position, shared };
        self.jobs.insert(id, row);
        Ok(Submitted::Created(new.job))
    }

    fn replayed(&self, key: Option<&Idempotency>) -> Result<Option<Backtest>, SubmitError> {
        let Some(Idempotency { scope, key, body_hash }) = key else { return Ok(None) };
        let Some(known) = self.keys.get(&(scope.clone(), key.as_str().to_owned())) else {
            return Ok(None);
        };
        if known.body_hash != *body_hash {
            return Err(SubmitError::IdempotencyConflict);
        }
        Ok(self.jobs.get(&known.job).map(|row| row.job.clone()))
    }

    /// The live job with the same inputs, if the new one would share it.
    fn twin(&self, job: &Backtest) -> Option<Backtest> {
        let key = job.dedupe_key()?;
        let mut all = self.jobs.values().filter(|row| row.shared).map(|row| &row.job);
        all.find(|other| other.dedupe_key() == Some(key)).cloned()
    }

    /// Entries of a log are never overwritten, as the key of a table would see to.
    fn check_logs(&self, changes: &[JobChange]) -> Result<(), StorageError> {
        let taken = |change: &JobChange| {
            let row = self.jobs.get(&change.id);
            let row = row.filter(|row| row.job.apply(change).is_ok());
            row.is_some_and(|row| change.log.iter().any(|event| event.seq <= row.job.last_seq))
        };
        match changes.iter().any(taken) {
            true => Err(StorageError::unavailable("the log has an entry of this number")),
            false => Ok(()),
        }
    }

    fn remove(&mut self, removal: &Removal) -> Result<(), Conflict> {
        let found = self.jobs.get(&removal.id);
        found.filter(|row| row.job.revision == removal.revision).ok_or(Conflict)?;
        self.jobs.remove(&removal.id);
        self.keys.retain(|_, key| key.job != removal.id);
        self.audit(removal.audit.clone());
        Ok(())
    }
}

#[async_trait]
impl JobStore for MemoryJobs {
    async fn submit(&self, new: NewJob) -> Result<Submitted, SubmitError> {
        let submitted = self.lock().submit(new)?;
        if let Submitted::Created(job) = &submitted {
            self.feed.send(Signal::Changed(job.id, job.state.status()));
        }
        Ok(submitted)
    }

    async fn find(&self, id: BacktestId) -> Result<Option<Backtest>, StorageError> {
        Ok(self.lock().jobs.get(&id).map(|row| row.job.clone()))
    }

    async fn commit(
        &self,
        changes: Vec<JobChange>,
    ) -> Result<Vec<Result<(), Conflict>>, StorageError> {
        let applied: Vec<_> = {
            let mut state = self.lock();
            state.check_logs(&changes)?;
            changes.iter().map(|change| state.apply(change)).collect()
        };
        let applied_to = changes.iter().zip(&applied).filter(|(_, applied)| applied.is_ok());
        applied_to.for_each(|(change, _)| {
            self.feed.send(Signal::Changed(change.id, change.next.status()));
        });
        Ok(applied)
    }

    async fn delete(
        &self,
        removals: Vec<Removal>,
    ) -> Result<Vec<Result<(), Conflict>>, StorageError> {
        let removed: Vec<_> = {
            let mut state = self.lock();
            removals.iter().map(|removal| state.remove(removal)).collect()
        };
        for (removal, removed) in removals.iter().zip(&removed) {
            removed.iter().for_each(|()| self.feed.send(Signal::Removed(removal.id)));
        }
        Ok(removed)
    }
}
