use serde::{Deserialize, Serialize};

use super::{Ended, Outcome, ScheduleName, ScheduleRun};
use crate::audit::AuditEntry;
use crate::id::{ScheduleRunId, WorkerId};
use crate::port::Pause;
use crate::time::Timestamp;

/// How a schedule stands, the same for all processes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduleState {
    /// Which one.
    pub name: ScheduleName,
    /// Grows by one with each change.
    #[serde(skip)]
    pub revision: u64,
    /// Ticks up to here have been dealt with.
    pub since: Timestamp,
    /// Since when and why its ticks are left out.
    pub pause: Option<Pause>,
    /// The run that goes on.
    pub running: Option<ScheduleRun>,
    /// The tick that waits for it.
    pub queued: Option<ScheduleRun>,
    /// The run that somebody asked for.
    pub asked: Option<ScheduleRun>,
    /// The first run that raised an alarm which nobody has acknowledged.
    pub alarm: Option<ScheduleRun>,
}

/// A change of a schedule, applied whole or not at all.
#[derive(Debug, Clone, PartialEq)]
pub struct ScheduleChange {
    /// The revision that it must still have; `None` where it must not be there yet.
    pub expected: Option<u64>,
    /// How it stands then.
    pub next: ScheduleState,
    /// Runs that are added to the history, or changed there.
    pub runs: Vec<ScheduleRun>,
    /// What the audit trail says about it.
    pub audit: Option<AuditEntry>,
}

/// The run is not the one that goes on: others have given it up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the run is not the one that goes on")]
pub struct NothingRuns;

impl ScheduleState {
    /// Nothing has happened yet, and ticks count from `now`.
    pub const fn new(name: ScheduleName, now: Timestamp) -> Self {
        let (pause, running, queued, asked, alarm) = (None, None, None, None, None);
        Self { name, revision: 0, since: now, pause, running, queued, asked, alarm }
    }

    /// The change that adds it.
    pub const fn added(self) -> ScheduleChange {
        ScheduleChange { expected: None, next: self, runs: Vec::new(), audit: None }
    }

    /// Ticks up to `since` are dealt with, without a run.
    pub fn moved(&self, since: Timestamp) -> ScheduleChange {
        self.change(|next| next.since = since, Vec::new())
    }

    /// A tick is dealt with by a run that is over before it began.
    pub fn skipped(
        &self,
        run: ScheduleRun,
        since: Timestamp,
        outcome: Outcome,
        detail: String,
    ) -> ScheduleChange {
        let ended = Ended { at: run.created_at, duration_ms: None, outcome };
        let run = run.ended(ended, Some(detail));
        self.change(|next| next.since = since, vec![run])
    }

    /// A tick waits for the run that goes on.
    pub fn queued(&self, run: ScheduleRun, since: Timestamp) -> ScheduleChange {
        let queue = |next: &mut Self| {
            next.since = since;
            next.queued = Some(run.clone());
        };
        self.change(queue, vec![run.clone()])
    }

    /// Somebody asks for a run. One that waits already stands for this one, too.
    pub fn asked(&self, run: ScheduleRun, audit: AuditEntry) -> ScheduleChange {
        let change = self.change(|next| next.asked = Some(run.clone()), vec![run.clone()]);
        ScheduleChange { audit: Some(audit), ..change }
    }

    /// `run` begins: a new one for a tick up to `since`, or one that waited.
    pub fn begun(
        &self,
        run: ScheduleRun,
        since: Timestamp,
        worker: WorkerId,
        now: Timestamp,
    ) -> ScheduleChange {
        let run = run.started(worker, now);
        let begin = |next: &mut Self| {
            next.since = since;
            for place in [&mut next.queued, &mut next.asked] {
                place.take_if(|waiting| waiting.id == run.id);
            }
            next.running = Some(run.clone());
        };
        self.change(begin, vec![run.clone()])
    }

    /// The run that goes on is over.
    ///
    /// # Errors
    /// `id` is not the run that goes on.
    pub fn finished(
        &self,
        id: ScheduleRunId,
        ended: Ended,
        detail: Option<String>,
    ) -> Result<ScheduleChange, NothingRuns> {
        let running = self.running.clone().filter(|run| run.id == id).ok_or(NothingRuns)?;
        let run = running.ended(ended, detail);
        let finish = |next: &mut Self| {
            next.running = None;
            if ended.outcome == Outcome::Alarm && next.alarm.is_none() {
                next.alarm = Some(run.clone());
            }
        };
        Ok(self.change(finish, vec![run.clone()]))
    }

    /// Its ticks are left out from now on, or with `None` no longer.
    pub fn paused(&self, pause: Option<Pause>, audit: AuditEntry) -> ScheduleChange {
        let change = self.change(|next| next.pause = pause, Vec::new());
        ScheduleChange { audit: Some(audit), ..change }
    }

    /// Somebody has looked at the alarm.
    pub fn acknowledged(&self, audit: AuditEntry) -> ScheduleChange {
        let change = self.change(|next| next.alarm = None, Vec::new());
        ScheduleChange { audit: Some(audit), ..change }
    }

    fn change(&self, change: impl FnOnce(&mut Self), runs: Vec<ScheduleRun>) -> ScheduleChange {
        let mut next = self.clone();
        next.revision += 1;
        change(&mut next);
        ScheduleChange { expected: Some(self.revision), next, runs, audit: None }
    }
}
