//! Rows of schedules and of their runs.

use diesel::prelude::*;
use tapedeck_domain::port::{RecordedRun, StorageError, StoredSchedule};
use tapedeck_domain::schedule::{ScheduleName, ScheduleRun, ScheduleState};

use crate::document;
use crate::job::{signed, unsigned};
use crate::schema::{schedule_runs, schedules};

/// How a schedule stands, to be written; signs of life go on counting.
#[derive(Debug, Clone, Insertable, AsChangeset)]
#[diesel(table_name = schedules, treat_none_as_null = true)]
#[expect(missing_docs, reason = "columns are described in the migrations")]
pub struct NewScheduleRow {
    pub name: String,
    pub revision: i64,
    pub running: Option<String>,
    pub state: String,
}

/// How a schedule stands.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = schedules)]
#[expect(missing_docs, reason = "columns are described in the migrations")]
pub struct ScheduleRow {
    pub name: String,
    pub revision: i64,
    pub beats: i64,
    pub state: String,
}

impl NewScheduleRow {
    /// Of a state.
    ///
    /// # Errors
    /// It cannot be written as JSON.
    pub fn new(state: &ScheduleState) -> Result<Self, StorageError> {
        Ok(Self {
            name: state.name.to_string(),
            revision: signed(state.revision),
            running: state.running.as_ref().map(|run| run.id.to_string()),
            state: document::write(state)?,
        })
    }
}

impl ScheduleRow {
    /// `None` of a schedule that this build does not know.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn read(self) -> Result<Option<StoredSchedule>, StorageError> {
        if self.name.parse::<ScheduleName>().is_err() {
            return Ok(None);
        }
        let state: ScheduleState = document::read("schedules.state", &self.state)?;
        let revision = unsigned("schedules.revision", self.revision)?;
        let beats = unsigned("schedules.beats", self.beats)?;
        Ok(Some(StoredSchedule { state: ScheduleState { revision, ..state }, beats }))
    }
}

/// A run to be added or changed; the database gives it its place.
#[derive(Debug, Clone, Insertable, AsChangeset)]
#[diesel(table_name = schedule_runs, treat_none_as_null = true)]
#[expect(missing_docs, reason = "columns are described in the migrations")]
pub struct NewRunRow {
    pub id: String,
    pub schedule: String,
    pub tick: Option<i64>,
    pub run: String,
}

impl TryFrom<&ScheduleRun> for NewRunRow {
    type Error = StorageError;

    fn try_from(run: &ScheduleRun) -> Result<Self, StorageError> {
        Ok(Self {
            id: run.id.to_string(),
            schedule: run.schedule.to_string(),
            tick: run.tick().map(tapedeck_domain::time::Timestamp::as_nanos),
            run: document::write(run)?,
        })
    }
}

/// A run in its place.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = schedule_runs)]
#[expect(missing_docs, reason = "columns are described in the migrations")]
pub struct RunRow {
    pub seq: i64,
    pub run: String,
}

impl TryFrom<RunRow> for RecordedRun {
    type Error = StorageError;

    fn try_from(row: RunRow) -> Result<Self, StorageError> {
        let run = document::read("schedule_runs.run", &row.run)?;
        Ok(Self { seq: unsigned("schedule_runs.seq", row.seq)?, run })
    }
}
