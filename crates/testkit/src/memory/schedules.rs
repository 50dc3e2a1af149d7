use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use tapedeck_domain::id::ScheduleRunId;
use tapedeck_domain::port::{
    KEPT_RUNS, Maintenance, RecordedRun, ScheduleConflict, ScheduleStore, StorageError,
    StoredSchedule,
};
use tapedeck_domain::schedule::{ScheduleChange, ScheduleName, ScheduleRun};

use super::MemoryJobs;

/// Schedules in memory; the audit trail is that of `jobs`.
#[derive(Default)]
pub struct MemorySchedules {
    state: Mutex<State>,
    jobs: Arc<MemoryJobs>,
}

#[derive(Clone, Default)]
struct State {
    schedules: BTreeMap<&'static str, StoredSchedule>,
    runs: Vec<RecordedRun>,
    seq: u64,
}

impl MemorySchedules {
    /// Beside these jobs.
    pub fn new(jobs: Arc<MemoryJobs>) -> Self {
        Self { state: Mutex::default(), jobs }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn apply(&mut self, change: &ScheduleChange) -> Result<(), ScheduleConflict> {
        let name = change.next.name.as_str();
        let stored = self.schedules.get(name);
        if stored.map(|stored| stored.state.revision) != change.expected {
            return Err(ScheduleConflict::Changed);
        }
        let beats = stored.map_or(0, |stored| stored.beats);
        self.schedules.insert(name, StoredSchedule { state: change.next.clone(), beats });
        change.runs.iter().try_for_each(|run| self.put(run))
    }

    fn put(&mut self, run: &ScheduleRun) -> Result<(), ScheduleConflict> {
        if let Some(known) = self.runs.iter_mut().find(|known| known.run.id == run.id) {
            known.run = run.clone();
            return Ok(());
        }
        let is_of = |known: &&RecordedRun| known.run.schedule == run.schedule;
        let tick = run.tick();
        if tick.is_some() && self.runs.iter().filter(is_of).any(|known| known.run.tick() == tick) {
            return Err(ScheduleConflict::TickTaken);
        }
        self.seq += 1;
        self.runs.push(RecordedRun { seq: self.seq, run: run.clone() });
        let place = |(place, known): (usize, &RecordedRun)| {
            (known.run.schedule == run.schedule).then_some(place)
        };
        let places: Vec<usize> = self.runs.iter().enumerate().filter_map(place).collect();
        if places.len() > KEPT_RUNS {
            self.runs.remove(places[0]);
        }
        Ok(())
    }
}

#[async_trait]
impl ScheduleStore for MemorySchedules {
    async fn list(&self) -> Result<Vec<StoredSchedule>, StorageError> {
        Ok(self.lock().schedules.values().cloned().collect())
    }

    async fn commit(
        &self,
        change: ScheduleChange,
    ) -> Result<Result<(), ScheduleConflict>, StorageError> {
        let mut state = self.lock();
        let mut next = state.clone();
        let applied = next.apply(&change);
        if applied.is_ok() {
            *state = next;
            change.audit.into_iter().for_each(|entry| self.jobs.audit(entry));
        }
        Ok(applied)
    }

    async fn beat(&self, schedule: ScheduleName, run: ScheduleRunId) -> Result<bool, StorageError> {
        let mut state = self.lock();
        let stored = state.schedules.get_mut(schedule.as_str());
        let running = stored.filter(|it| it.state.running.as_ref().is_some_and(|r| r.id == run));
        Ok(running.map(|stored| stored.beats += 1).is_some())
    }

    async fn runs(
        &self,
        schedule: ScheduleName,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<RecordedRun>, StorageError> {
        let state = self.lock();
        let matches = |known: &&RecordedRun| {
            known.run.schedule == schedule && before.is_none_or(|before| known.seq < before)
        };
        Ok(state.runs.iter().rev().filter(matches).take(limit).cloned().collect())
    }
}

/// There is nothing to maintain.
pub struct MemoryMaintenance;

#[async_trait]
impl Maintenance for MemoryMaintenance {
    async fn maintain(&self) -> Result<Vec<String>, StorageError> {
        Ok(vec!["kept in memory".to_owned()])
    }
}
