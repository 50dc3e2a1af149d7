//! Jobs in memory.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use tapedeck_domain::audit::{AuditEntry, Audited};
use tapedeck_domain::id::{BacktestId, LeaseId};
use tapedeck_domain::job::{
    Backtest, Conflict, JobChange, JobEvent, Lease, LoggedEvent, Priority, Status, transition,
};
use tapedeck_domain::port::{
    AuditFilter, AuditLog, Claim, ClaimLimits, Idempotency, JobCatalog, JobFeed, JobFilter,
    JobQueue, JobStore, Leased, NewJob, Page, Pause, QueueControl, QueueStatus, Removal,
    RetentionRule, RetentionStore, Room, Signal, Signals, StorageError, SubmitError, Submitted,
};
use tapedeck_domain::time::Timestamp;

use super::feed::Feed;

/// Jobs in memory, behind all ports of jobs.
#[derive(Default)]
pub struct MemoryJobs {
    state: Mutex<State>,
    feed: Feed,
}

#[derive(Default)]
struct State {
    jobs: BTreeMap<BacktestId, Row>,
    keys: HashMap<(String, String), Key>,
    positions: u64,
    pause: Option<Pause>,
    trail: Vec<Audited>,
}

struct Row {
    job: Backtest,
    log: Vec<LoggedEvent>,
    renewals: u64,
    /// Its place in the queue.
    position: u64,
    /// Whether equal requests share it: only the first of several equal jobs, while it lives.
    shared: bool,
}

struct Key {
    body_hash: String,
    used: Timestamp,
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

    fn queued(&self) -> impl Iterator<Item = &Backtest> {
        let jobs = self.jobs.values().map(|row| &row.job);
        jobs.filter(|job| job.state.status() == Status::Queued)
    }

    fn apply(&mut self, change: &JobChange) -> Result<(), Conflict> {
        self.apply_to_row(change)?;
        change.audit.iter().cloned().for_each(|entry| self.audit(entry));
        Ok(())
    }

    fn audit(&mut self, entry: AuditEntry) {
        let seq = self.trail.len() as u64 + 1;
        self.trail.push(Audited { seq, entry });
    }

    fn apply_to_row(&mut self, change: &JobChange) -> Result<(), Conflict> {
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

    fn claim(&mut self, wanted: &Claim) -> Vec<Backtest> {
        if self.pause.is_some() {
            return Vec::new();
        }
        let mut room = self.room(wanted.limits);
        let mut leases = wanted.leases.iter();
        let mut claimed = Vec::new();
        for (priority, most) in wanted.turns() {
            for job in self.due(priority, wanted.now) {
                if claimed.len() == most || !room.take(&job.submission.spec.strategy.id) {
                    continue;
                }
                let Some(lease) = leases.next() else { return claimed };
                claimed.extend(self.start(&job, *lease, wanted.now));
            }
        }
        claimed
    }

    fn start(&mut self, job: &Backtest, lease: Lease, now: Timestamp) -> Option<Backtest> {
        let change = transition(job, JobEvent::Claim(lease), now).ok()?;
        self.apply(&change).ok()?;
        job.apply(&change).ok()
    }

    /// What may be started, in the order of the queue.
    fn due(&self, priority: Option<Priority>, now: Timestamp) -> Vec<Backtest> {
        let wanted = |row: &&Row| {
            row.job.is_due(now) && priority.is_none_or(|p| p == row.job.submission.priority)
        };
        let mut rows: Vec<&Row> = self.jobs.values().filter(wanted).collect();
        rows.sort_by_key(|row| (row.job.submission.priority, row.position));
        rows.into_iter().map(|row| row.job.clone()).collect()
    }

    fn room(&self, limits: ClaimLimits) -> Room {
        let mut running = BTreeMap::new();
        for row in self.jobs.values().filter(|row| row.job.state.lease().is_some()) {
            *running.entry(row.job.submission.spec.strategy.id.clone()).or_insert(0) += 1;
        }
        Room::new(limits, running)
    }

    fn remove(&mut self, removal: &Removal) -> Result<(), Conflict> {
        let found = self.jobs.get(&removal.id);
        found.filter(|row| row.job.revision == removal.revision).ok_or(Conflict)?;
        self.jobs.remove(&removal.id);
        self.keys.retain(|_, key| key.job != removal.id);
        self.audit(removal.audit.clone());
        Ok(())
    }

    /// Oldest end first.
    fn expired(&self, rule: RetentionRule) -> Vec<Backtest> {
        let of_status = |job: &&Backtest| job.state.status() == rule.status;
        let mut ended: Vec<_> =
            self.jobs.values().map(|row| &row.job).filter(of_status).cloned().collect();
        ended.sort_by_key(|job| (job.state.finished_at(), job.id));
        let old = |job: &Backtest| {
            rule.ended_before.is_some_and(|end| job.state.finished_at().is_some_and(|at| at < end))
        };
        let by_age = ended.iter().filter(|job| old(job)).count();
        let by_count = rule.keep_latest.map_or(0, |keep| {
            ended.len().saturating_sub(usize::try_from(keep).unwrap_or(usize::MAX))
        });
        ended.truncate(by_age.max(by_count));
        ended
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

#[async_trait]
impl JobQueue for MemoryJobs {
    async fn claim(&self, wanted: Claim) -> Result<Vec<Backtest>, StorageError> {
        let claimed = self.lock().claim(&wanted);
        for job in &claimed {
            self.feed.send(Signal::Changed(job.id, job.state.status()));
        }
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

    async fn events_page(
        &self,
        id: BacktestId,
        seq: u64,
        limit: usize,
    ) -> Result<Vec<LoggedEvent>, StorageError> {
        let state = self.lock();
        let log = state.jobs.get(&id).map(|row| row.log.as_slice()).unwrap_or_default();
        Ok(log.iter().filter(|event| event.seq > seq).take(limit).cloned().collect())
    }
}

#[async_trait]
impl QueueControl for MemoryJobs {
    async fn status(&self, now: Timestamp) -> Result<QueueStatus, StorageError> {
        let state = self.lock();
        let later = |job: &&Backtest| job.submission.not_before.is_some_and(|at| at > now);
        let due = state.queued().filter(|job| !later(job));
        let leased = state.jobs.values().filter(|row| row.job.state.lease().is_some());
        Ok(QueueStatus {
            pause: state.pause.clone(),
            queued: state.queued().count() as u64,
            scheduled: state.queued().filter(later).count() as u64,
            running: leased.count() as u64,
            oldest: due.map(|job| job.created_at).min(),
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
        };
        Ok(state.trail.iter().rev().filter(matches).take(limit).cloned().collect())
    }
}

#[async_trait]
impl RetentionStore for MemoryJobs {
    async fn expired(
        &self,
        rule: RetentionRule,
        limit: usize,
    ) -> Result<Vec<Backtest>, StorageError> {
        let mut expired = self.lock().expired(rule);
        expired.truncate(limit);
        Ok(expired)
    }

    async fn count_expired(&self, rule: RetentionRule) -> Result<u64, StorageError> {
        Ok(self.lock().expired(rule).len() as u64)
    }

    async fn count_keys(&self, moment: Timestamp) -> Result<u64, StorageError> {
        Ok(self.lock().keys.values().filter(|key| key.used < moment).count() as u64)
    }

    async fn forget_keys(&self, moment: Timestamp) -> Result<u64, StorageError> {
        let mut state = self.lock();
        let before = state.keys.len();
        state.keys.retain(|_, key| key.used >= moment);
        Ok((before - state.keys.len()) as u64)
    }
}
