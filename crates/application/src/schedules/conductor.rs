use std::sync::Arc;
use std::time::Duration;

use tapedeck_domain::id::{ScheduleRunId, WorkerId};
use tapedeck_domain::port::{
    Clock, Ids, ScheduleConflict, ScheduleStore, StorageError, StoredSchedule,
};
use tapedeck_domain::schedule::{
    Cause, Due, Ended, Outcome, Plan, ScheduleChange, ScheduleName, ScheduleRun, ScheduleState, due,
};
use tapedeck_domain::time::Timestamp;

use super::{ScheduleOptions, ScheduleSetup, TRIES, contended};

/// Has each tick dealt with once, together with the conductors of other processes.
#[derive(Clone)]
pub struct Conductor {
    store: Arc<dyn ScheduleStore>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    options: ScheduleOptions,
    worker: WorkerId,
    seed: u64,
}

/// What a look at all schedules found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Observed {
    /// Runs that this process is to do now.
    pub begun: Vec<ScheduleRun>,
    /// Runs that went on when it looked, with the number of their signs of life.
    pub running: Vec<(ScheduleName, ScheduleRunId, u64)>,
    /// When there is something to do again, if that is known.
    pub next: Option<Timestamp>,
}

/// Decisions about one schedule in one look; what is left then is for the next look.
const STEPS: usize = 64;
/// Characters of what is said about a run; others' servers may have said it.
const MAX_DETAIL: usize = 2000;

impl Conductor {
    /// Of the worker that `ids` names next.
    pub fn new(
        store: Arc<dyn ScheduleStore>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
        options: ScheduleOptions,
    ) -> Self {
        let worker = ids.next();
        let (seed, worker) = (worker.as_u64_pair().1, WorkerId::from_uuid(worker));
        Self { store, clock, ids, options, worker, seed }
    }

    /// Looks at all schedules and decides what is due.
    ///
    /// # Errors
    /// The store failed; what was begun until then is found interrupted later.
    pub async fn look(&self) -> Result<Observed, StorageError> {
        let stored = self.store.list().await?;
        let mut observed = Observed::default();
        for setup in self.options.setups.iter() {
            let found = stored.iter().find(|stored| stored.state.name == setup.name);
            match found {
                Some(stored) => self.look_at(setup, stored, &mut observed).await?,
                // From now on its ticks count. Of several processes, one adds it.
                None => {
                    let new = ScheduleState::new(setup.name, self.clock.now());
                    let _ = self.store.commit(new.added()).await?;
                    observed.next = Some(self.clock.now());
                }
            }
        }
        Ok(observed)
    }

    async fn look_at(
        &self,
        setup: &ScheduleSetup,
        stored: &StoredSchedule,
        observed: &mut Observed,
    ) -> Result<(), StorageError> {
        if let Some(run) = &stored.state.running {
            observed.running.push((setup.name, run.id, stored.beats));
        }
        if !setup.configured {
            return Ok(());
        }
        let mut state = stored.state.clone();
        let (jitter, seed) = (self.options.jitter, self.seed);
        for _ in 0..STEPS {
            let (now, plan) =
                (self.clock.now(), Plan { timetable: setup.timetable(), jitter, seed });
            let decided = due(&state, plan, now);
            if let Due::Nothing(next) = decided {
                observed.next = [observed.next, next].into_iter().flatten().min();
                return Ok(());
            }
            let begun = state.running.is_none();
            let Some(next) = self.carry_out(&state, decided, now).await? else { return Ok(()) };
            state = next;
            if let Some(run) = state.running.clone().filter(|_| begun) {
                observed.begun.push(run);
            }
        }
        observed.next = Some(self.clock.now());
        Ok(())
    }

    /// How the schedule stands then; `None` when somebody else was faster.
    async fn carry_out(
        &self,
        state: &ScheduleState,
        decided: Due,
        now: Timestamp,
    ) -> Result<Option<ScheduleState>, StorageError> {
        let change = self.change(state, &decided, now);
        let next = change.next.clone();
        match self.store.commit(change).await? {
            Ok(()) => Ok(Some(next)),
            Err(ScheduleConflict::Changed) => Ok(None),
            Err(ScheduleConflict::TickTaken) => {
                // The clock was set back: this tick has had its run.
                let passed = state.moved(until(&decided).unwrap_or(now));
                let next = passed.next.clone();
                Ok(self.store.commit(passed).await?.is_ok().then_some(next))
            }
        }
    }

    fn change(&self, state: &ScheduleState, decided: &Due, now: Timestamp) -> ScheduleChange {
        let new = |tick| {
            let id = ScheduleRunId::from_uuid(self.ids.next());
            ScheduleRun::new(id, state.name, Cause::Tick(tick), now)
        };
        match decided {
            Due::Nothing(_) => state.moved(state.since),
            Due::Pass(until) => state.moved(*until),
            Due::Waiting(run) => state.begun(run.clone(), state.since, self.worker, now),
            Due::Begin { tick, stands_for } => {
                let detail = stands_for.map(|first| format!("for all ticks from {first} on"));
                let run = ScheduleRun { detail, ..new(*tick) };
                state.begun(run, *tick, self.worker, now)
            }
            Due::Queue(tick) => state.queued(new(*tick), *tick),
            Due::Skip { first, last, outcome } => {
                state.skipped(new(*last), *last, *outcome, why(*outcome, *first, *last))
            }
        }
    }

    /// Gives a sign of life for a run of this process; whether it is still the one that goes on.
    ///
    /// # Errors
    /// The store failed.
    pub async fn beat(&self, run: &ScheduleRun) -> Result<bool, StorageError> {
        self.store.beat(run.schedule, run.id).await
    }

    /// Commits the end of a run. One that is not the run that goes on stays as it is: others have
    /// given it up.
    ///
    /// # Errors
    /// The store failed.
    pub async fn finish(
        &self,
        schedule: ScheduleName,
        id: ScheduleRunId,
        outcome: Outcome,
        took: Option<Duration>,
        detail: Option<String>,
    ) -> Result<(), StorageError> {
        let detail = detail.map(|text| text.chars().take(MAX_DETAIL).collect::<String>());
        let duration_ms = took.map(|took| u64::try_from(took.as_millis()).unwrap_or(u64::MAX));
        for _ in 0..TRIES {
            let stored = self.store.list().await?;
            let Some(stored) = stored.into_iter().find(|it| it.state.name == schedule) else {
                return Ok(());
            };
            let ended = Ended { at: self.clock.now(), duration_ms, outcome };
            let Ok(change) = stored.state.finished(id, ended, detail.clone()) else {
                return Ok(());
            };
            if self.store.commit(change).await?.is_ok() {
                tell(schedule, id, ended, detail.as_deref());
                return Ok(());
            }
        }
        Err(contended(schedule))
    }
}

/// Up to where a decision deals with ticks.
fn until(decided: &Due) -> Option<Timestamp> {
    match decided {
        Due::Nothing(_) | Due::Waiting(_) => None,
        Due::Pass(until) => Some(*until),
        Due::Begin { tick, .. } | Due::Queue(tick) => Some(*tick),
        Due::Skip { last, .. } => Some(*last),
    }
}

fn why(outcome: Outcome, first: Timestamp, last: Timestamp) -> String {
    let what = if first == last {
        format!("the tick of {first}")
    } else {
        format!("all ticks from {first} to {last}")
    };
    match outcome {
        Outcome::SkippedMissed => format!("{what}: no server was there"),
        Outcome::SkippedOverlap => format!("{what}: another run went on"),
        Outcome::Succeeded | Outcome::Failed | Outcome::Alarm | Outcome::Interrupted => what,
    }
}

fn count(schedule: &'static str, outcome: &'static str, duration_ms: Option<u64>) {
    let labels = [("schedule", schedule), ("outcome", outcome)];
    metrics::counter!("tapedeck_schedule_runs_total", &labels).increment(1);
    if let Some(took) = duration_ms.map(Duration::from_millis) {
        let name = "tapedeck_schedule_run_duration_seconds";
        metrics::histogram!(name, "schedule" => schedule).record(took);
    }
}

/// The one place where the end of a run is told, once for each.
fn tell(schedule: ScheduleName, id: ScheduleRunId, ended: Ended, detail: Option<&str>) {
    let Ended { outcome, duration_ms, .. } = ended;
    let (schedule, outcome_name, detail) =
        (schedule.as_str(), outcome.as_str(), detail.unwrap_or(""));
    count(schedule, outcome_name, duration_ms);
    match outcome {
        Outcome::Failed | Outcome::Interrupted => {
            tracing::warn!(schedule, run.id = %id, outcome = outcome_name, duration_ms, detail, "a scheduled run ended");
        }
        Outcome::Alarm => {
            tracing::error!(schedule, run.id = %id, outcome = outcome_name, duration_ms, detail, "a scheduled run raised an alarm");
        }
        Outcome::Succeeded | Outcome::SkippedOverlap | Outcome::SkippedMissed => {
            tracing::info!(schedule, run.id = %id, outcome = outcome_name, duration_ms, detail, "a scheduled run ended");
        }
    }
}
