use async_trait::async_trait;

use super::StorageError;
use crate::id::ScheduleRunId;
use crate::schedule::{ScheduleChange, ScheduleName, ScheduleRun, ScheduleState};

/// Schedules with their history, the same for all processes.
#[async_trait]
pub trait ScheduleStore: Send + Sync {
    /// All that were ever added, by name. Those that this build does not know are left out.
    async fn list(&self) -> Result<Vec<StoredSchedule>, StorageError>;

    /// Applies a change whole or not at all. It is refused when the schedule has another
    /// revision, and when one of its new runs stands for a tick that another run of the history
    /// stands for. Of the history of a schedule, the latest [`KEPT_RUNS`] stay.
    async fn commit(
        &self,
        change: ScheduleChange,
    ) -> Result<Result<(), ScheduleConflict>, StorageError>;

    /// Gives a sign of life for the run that goes on, and says whether it is still this one. The
    /// revision stays.
    async fn beat(&self, schedule: ScheduleName, run: ScheduleRunId) -> Result<bool, StorageError>;

    /// Runs of a schedule in the order in which they were added, newest first, at most `limit`,
    /// before the one that `before` names.
    async fn runs(
        &self,
        schedule: ScheduleName,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<RecordedRun>, StorageError>;
}

/// How many runs of each schedule are kept.
pub const KEPT_RUNS: usize = 1000;

/// A schedule, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSchedule {
    /// How it stands.
    pub state: ScheduleState,
    /// Grows with each sign of life of its run and with nothing else.
    pub beats: u64,
}

/// A run, in its place of the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedRun {
    /// Grows with each run that is added; may have gaps.
    pub seq: u64,
    /// The run.
    pub run: ScheduleRun,
}

/// Why a change was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleConflict {
    /// Somebody else changed the schedule meanwhile.
    #[error("the schedule was changed meanwhile")]
    Changed,
    /// The tick was dealt with before: the clock was set back.
    #[error("the tick was dealt with before")]
    TickTaken,
}
