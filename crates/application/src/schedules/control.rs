use std::sync::Arc;

use serde_json::{Value, json};
use tapedeck_domain::audit::AuditEntry;
use tapedeck_domain::id::ScheduleRunId;
use tapedeck_domain::port::{
    Clock, Ids, Pause, RecordedRun, ScheduleConflict, ScheduleStore, StorageError,
};
use tapedeck_domain::schedule::{Cause, ScheduleChange, ScheduleName, ScheduleRun, ScheduleState};
use tapedeck_domain::time::Timestamp;

use crate::Decider;

use super::{ScheduleOptions, ScheduleSetup, ScheduleView, TRIES, contended, state_of};

/// Look at schedules, ask for a run, pause them, let them go on.
#[derive(Clone)]
pub struct Schedules {
    store: Arc<dyn ScheduleStore>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    options: ScheduleOptions,
}

/// Why there is no run.
#[derive(Debug, thiserror::Error)]
pub enum TriggerError {
    /// There is nothing that it could work on.
    #[error("the schedule has nothing to work on: its settings are missing")]
    NotConfigured,
    /// The store failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl Schedules {
    /// Over these ports.
    pub fn new(
        store: Arc<dyn ScheduleStore>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
        options: ScheduleOptions,
    ) -> Self {
        Self { store, clock, ids, options }
    }

    /// All of them, by name.
    ///
    /// # Errors
    /// The store failed.
    pub async fn list(&self) -> Result<Vec<ScheduleView>, StorageError> {
        let (stored, now) = (self.store.list().await?, self.clock.now());
        let mut views = Vec::new();
        for setup in self.options.setups.iter() {
            let found = stored.iter().find(|stored| stored.state.name == setup.name);
            let state = found.map(|stored| stored.state.clone());
            let state = state.unwrap_or_else(|| ScheduleState::new(setup.name, now));
            views.push(self.view(setup, state, now).await?);
        }
        Ok(views)
    }

    /// One of them.
    ///
    /// # Errors
    /// The store failed.
    pub async fn find(&self, name: ScheduleName) -> Result<ScheduleView, StorageError> {
        let now = self.clock.now();
        let state = state_of(self.store.as_ref(), name, now).await?;
        self.view(self.setup(name)?, state, now).await
    }

    /// Its runs, newest first, at most `limit`, before the one that `before` names.
    ///
    /// # Errors
    /// The store failed.
    pub async fn runs(
        &self,
        name: ScheduleName,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<RecordedRun>, StorageError> {
        self.store.runs(name, before, limit).await
    }

    /// Asks for a run, which some worker will begin. One that waits already is the answer to this
    /// one, too.
    ///
    /// # Errors
    /// See [`TriggerError`].
    pub async fn trigger(
        &self,
        name: ScheduleName,
        decider: Decider,
    ) -> Result<ScheduleRun, TriggerError> {
        if !self.setup(name)?.configured {
            return Err(TriggerError::NotConfigured);
        }
        let id = ScheduleRunId::from_uuid(self.ids.next());
        let Decider { actor, request_id } = decider.clone();
        let cause = Cause::Asked { by: actor, request_id };
        let ask = |state: &ScheduleState, now: Timestamp| {
            if state.asked.is_some() {
                return None;
            }
            let after = json!({"run": id.to_string()});
            let entry = entry("trigger", name, &decider, now, (None, after));
            Some(state.asked(ScheduleRun::new(id, name, cause.clone(), now), entry))
        };
        let state = self.change(name, ask).await?;
        Ok(state.asked.ok_or_else(|| contended(name))?)
    }

    /// Has its ticks left out. One that is paused stays as it is, with whoever paused it first.
    ///
    /// # Errors
    /// The store failed.
    pub async fn pause(
        &self,
        name: ScheduleName,
        decider: Decider,
        reason: Option<String>,
    ) -> Result<ScheduleView, StorageError> {
        let pause = |state: &ScheduleState, now: Timestamp| {
            if state.pause.is_some() {
                return None;
            }
            let Decider { actor: by, request_id } = decider.clone();
            let pause = Pause { at: now, by, request_id, reason: reason.clone() };
            let said = (Some(json!({"paused": false})), paused(&pause));
            let entry = entry("pause", name, &decider, now, said);
            Some(state.paused(Some(pause.clone()), entry))
        };
        self.change(name, pause).await?;
        self.find(name).await
    }

    /// Has its ticks count again, from now on. One that is not paused stays as it is.
    ///
    /// # Errors
    /// The store failed.
    pub async fn resume(
        &self,
        name: ScheduleName,
        decider: Decider,
    ) -> Result<ScheduleView, StorageError> {
        let resume = |state: &ScheduleState, now: Timestamp| {
            let before = paused(state.pause.as_ref()?);
            let said = (Some(before), json!({"paused": false}));
            let entry = entry("resume", name, &decider, now, said);
            let mut change = state.paused(None, entry);
            // What came during the pause was left out, whether anybody was there to do so or not.
            change.next.since = state.since.max(now);
            Some(change)
        };
        self.change(name, resume).await?;
        self.find(name).await
    }

    /// Takes its alarm back, now that somebody has looked at it. Without an alarm nothing changes.
    ///
    /// # Errors
    /// The store failed.
    pub async fn acknowledge(
        &self,
        name: ScheduleName,
        decider: Decider,
    ) -> Result<ScheduleView, StorageError> {
        let acknowledge = |state: &ScheduleState, now: Timestamp| {
            let alarm = state.alarm.as_ref()?;
            let before = json!({"alarm": alarm.detail, "run": alarm.id.to_string()});
            let said = (Some(before), json!({"alarm": null}));
            Some(state.acknowledged(entry("acknowledge", name, &decider, now, said)))
        };
        self.change(name, acknowledge).await?;
        self.find(name).await
    }

    fn setup(&self, name: ScheduleName) -> Result<&ScheduleSetup, StorageError> {
        let found = self.options.setups.iter().find(|setup| setup.name == name);
        found.ok_or_else(|| StorageError::corrupt(format!("the schedule {name} is not set up")))
    }

    async fn view(
        &self,
        setup: &ScheduleSetup,
        state: ScheduleState,
        now: Timestamp,
    ) -> Result<ScheduleView, StorageError> {
        let latest = self.store.runs(setup.name, None, 1).await?.into_iter().next();
        let (status, next_at) = (setup.status(&state), setup.next_tick(&state, now));
        let (setup, timezone) = (setup.clone(), self.options.timezone.clone());
        Ok(ScheduleView { setup, timezone, state, status, next_at, latest })
    }

    /// Changes a schedule from whatever state it is in; how it stands then.
    async fn change(
        &self,
        name: ScheduleName,
        change: impl Fn(&ScheduleState, Timestamp) -> Option<ScheduleChange>,
    ) -> Result<ScheduleState, StorageError> {
        for _ in 0..TRIES {
            let now = self.clock.now();
            let state = state_of(self.store.as_ref(), name, now).await?;
            let Some(change) = change(&state, now) else { return Ok(state) };
            let next = change.next.clone();
            match self.store.commit(change).await? {
                Ok(()) => return Ok(next),
                Err(ScheduleConflict::Changed | ScheduleConflict::TickTaken) => {}
            }
        }
        Err(contended(name))
    }
}

fn paused(pause: &Pause) -> Value {
    json!({"paused": true, "reason": pause.reason})
}

fn entry(
    verb: &str,
    name: ScheduleName,
    Decider { actor, request_id }: &Decider,
    at: Timestamp,
    (before, after): (Option<Value>, Value),
) -> AuditEntry {
    AuditEntry {
        at,
        actor: actor.clone(),
        action: format!("schedule.{verb}"),
        subject: format!("schedules/{name}"),
        request_id: request_id.clone(),
        before,
        after: Some(after),
    }
}
