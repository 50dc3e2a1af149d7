//! Jobs in memory.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use tapedeck_domain::id::{BacktestId, LeaseId};
use tapedeck_domain::job::{
    Backtest, Conflict, JobChange, JobEvent, Lease, LoggedEvent, Status, transition,
};
use tapedeck_domain::port::{
    Idempotency, JobCatalog, JobFeed, JobFilter, JobQueue, JobStore, Leased, NewJob, Page, Signals,
    StorageError, SubmitError, Submitted,
};
use tapedeck_domain::time::Timestamp;

use super::feed::Feed;

/// Jobs in memory, behind all four ports of jobs.
#[derive(Default)]
pub struct MemoryJobs {
    state: Mutex<State>,
    feed: Feed,
}

#[derive(Default)]
struct State {
    jobs: BTreeMap<BacktestId, Row>,
    keys: HashMap<(String, String), Key>,
}

struct Row {
    job: Backtest,
    log: Vec<LoggedEvent>,
    renewals: u64,
    /// Whether equal requests share it: only the first of several equal jobs, while it lives.
    shared: bool,
}

struct Key {
    body_hash: String,
    job: BacktestId,
}

impl MemoryJobs {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

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
        let id = new.job.id;
        if let Some(Idempotency { scope, key, body_hash }) = new.idempotency {
            self.keys.insert((scope, key.as_str().to_owned()), Key { body_hash, job: id });
        }
        let row = Row { job: new.job.clone(), log: vec![new.event], renewals: 0, shared };
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

    fn queued(&self) -> impl Iterator<Item = &Backtest> {
        let jobs = self.jobs.values().map(|row| &row.job);
        jobs.filter(|job| job.state.status() == Status::Queued)
    }

    fn apply(&mut self, change: &JobChange) -> Result<(), Conflict> {
        let row = self.jobs.get_mut(&change.id).ok_or(Conflict)?;
        row.job = row.job.apply(change)?;
        row.shared &= row.job.dedupe_key().is_some();
        row.log.extend(change.log.iter().cloned());
        Ok(())
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

    fn claim(&mut self, leases: Vec<Lease>, now: Timestamp) -> Vec<Backtest> {
        let mut queued: Vec<_> =
            self.queued().map(|job| (job.submission.priority, job.id)).collect();
        queued.sort_unstable();
        let claim = |(lease, (_, id)): (Lease, _)| {
            let job = self.jobs.get(&id)?.job.clone();
            let change = transition(&job, JobEvent::Claim(lease), now).ok()?;
            self.apply(&change).ok()?;
            job.apply(&change).ok()
        };
        leases.into_iter().zip(queued).filter_map(claim).collect()
    }
}

#[async_trait]
impl JobStore for MemoryJobs {
    async fn submit(&self, new: NewJob) -> Result<Submitted, SubmitError> {
        let submitted = self.lock().submit(new)?;
        if let Submitted::Created(job) = &submitted {
            self.feed.changed(job.id);
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
        applied_to.for_each(|(change, _)| self.feed.changed(change.id));
        Ok(applied)
    }

    async fn delete(
        &self,
        id: BacktestId,
        revision: u64,
    ) -> Result<Result<(), Conflict>, StorageError> {
        {
            let mut state = self.lock();
            let found = state.jobs.get(&id).is_some_and(|row| row.job.revision == revision);
            if !found {
                return Ok(Err(Conflict));
            }
            state.jobs.remove(&id);
            state.keys.retain(|_, key| key.job != id);
        }
        self.feed.changed(id);
        Ok(Ok(()))
    }
}

#[async_trait]
impl JobQueue for MemoryJobs {
    async fn claim(
        &self,
        leases: Vec<Lease>,
        now: Timestamp,
    ) -> Result<Vec<Backtest>, StorageError> {
        let claimed = self.lock().claim(leases, now);
        claimed.iter().for_each(|job| self.feed.changed(job.id));
        Ok(claimed)
    }

    async fn renew(&self, leases: Vec<LeaseId>) -> Result<Vec<LeaseId>, StorageError> {
        let mut state = self.lock();
        let mut renew = |lease: &LeaseId| {
            let held = |row: &&mut Row| row.job.state.lease().is_some_and(|l| l.id == *lease);
            let row = state.jobs.values_mut().find(held);
            row.map(|row| row.renewals += 1).is_some()
        };
        Ok(leases.into_iter().filter(|lease| renew(lease)).collect())
    }

    async fn leased(&self) -> Result<Vec<Leased>, StorageError> {
        let leased = |row: &Row| {
            let lease = row.job.state.lease()?.id;
            Some(Leased { job: row.job.id, lease, renewals: row.renewals })
        };
        Ok(self.lock().jobs.values().filter_map(leased).collect())
    }
}

#[async_trait]
impl JobCatalog for MemoryJobs {
    async fn list(&self, filter: JobFilter, page: Page) -> Result<Vec<Backtest>, StorageError> {
        let state = self.lock();
        let newest_first = state.jobs.values().rev().map(|row| &row.job);
        let rest = newest_first.filter(|job| page.after.is_none_or(|after| job.id < after));
        Ok(rest.filter(|job| matches(&filter, job)).take(page.limit).cloned().collect())
    }

    async fn count(&self, filter: JobFilter) -> Result<u64, StorageError> {
        Ok(self.lock().jobs.values().filter(|row| matches(&filter, &row.job)).count() as u64)
    }
}

fn matches(filter: &JobFilter, job: &Backtest) -> bool {
    let submission = &job.submission;
    filter.kind.is_none_or(|kind| kind == submission.kind())
        && filter.status.is_none_or(|status| status == job.state.status())
        && filter.dataset_id.as_ref().is_none_or(|id| *id == submission.spec.dataset.id)
        && filter.symbol.as_ref().is_none_or(|symbol| *symbol == submission.symbol)
        && filter.strategy_id.as_ref().is_none_or(|id| *id == submission.spec.strategy.id)
        && filter.tag.as_ref().is_none_or(|tag| submission.tags.contains(tag))
        && filter.created_after.is_none_or(|after| job.created_at > after)
        && filter.created_before.is_none_or(|before| job.created_at < before)
}

#[async_trait]
impl JobFeed for MemoryJobs {
    fn subscribe(&self) -> Signals {
        self.feed.subscribe()
    }

    async fn events(&self, id: BacktestId, seq: u64) -> Result<Vec<LoggedEvent>, StorageError> {
        let state = self.lock();
        let log = state.jobs.get(&id).map(|row| row.log.as_slice()).unwrap_or_default();
        Ok(log.iter().filter(|event| event.seq > seq).cloned().collect())
    }
}
