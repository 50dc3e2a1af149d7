use serde::{Deserialize, Serialize};

use super::ScheduleName;
use crate::actor::Actor;
use crate::id::{RequestId, ScheduleRunId, WorkerId};
use crate::time::Timestamp;

/// One run of a schedule, or a tick for which there was none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduleRun {
    /// Its name.
    pub id: ScheduleRunId,
    /// Of which schedule.
    pub schedule: ScheduleName,
    /// Why.
    pub cause: Cause,
    /// When that was noticed.
    pub created_at: Timestamp,
    /// The process that runs it, or did.
    pub worker: Option<WorkerId>,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// What came of it, once it is over.
    pub ended: Option<Ended>,
    /// What is to be said about it, for people.
    pub detail: Option<String>,
}

/// Why there is a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The timetable says so, for this moment.
    Tick(Timestamp),
    /// Somebody asked for it.
    Asked {
        /// Who.
        by: Actor,
        /// The request.
        request_id: Option<RequestId>,
    },
}

/// The end of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// When, by the wall clock.
    pub at: Timestamp,
    /// How long it took, by a clock that does not jump; not known of a process that is gone.
    pub duration_ms: Option<u64>,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It did what it is for.
    Succeeded,
    /// It could not.
    Failed,
    /// It found what somebody must look at.
    Alarm,
    /// The process that ran it stopped, or is gone.
    Interrupted,
    /// Another run went on at its time.
    SkippedOverlap,
    /// No server was there at its time.
    SkippedMissed,
}

impl Outcome {
    /// As text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Alarm => "alarm",
            Self::Interrupted => "interrupted",
            Self::SkippedOverlap => "skipped_overlap",
            Self::SkippedMissed => "skipped_missed",
        }
    }
}

impl ScheduleRun {
    /// One that waits to be started.
    pub const fn new(
        id: ScheduleRunId,
        schedule: ScheduleName,
        cause: Cause,
        now: Timestamp,
    ) -> Self {
        let (worker, started_at, ended, detail) = (None, None, None, None);
        Self { id, schedule, cause, created_at: now, worker, started_at, ended, detail }
    }

    /// The moment of the timetable that it stands for.
    pub const fn tick(&self) -> Option<Timestamp> {
        match &self.cause {
            Cause::Tick(tick) => Some(*tick),
            Cause::Asked { .. } => None,
        }
    }

    /// `queued`, `running`, or what came of it.
    pub fn status(&self) -> &'static str {
        match (&self.ended, self.started_at) {
            (Some(ended), _) => ended.outcome.as_str(),
            (None, Some(_)) => "running",
            (None, None) => "queued",
        }
    }

    pub(super) fn started(mut self, worker: WorkerId, now: Timestamp) -> Self {
        (self.worker, self.started_at) = (Some(worker), Some(now));
        self
    }

    pub(super) fn ended(mut self, ended: Ended, detail: Option<String>) -> Self {
        self.ended = Some(ended);
        self.detail = detail.or(self.detail);
        self
    }
}
