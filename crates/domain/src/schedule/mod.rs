//! Schedules: what the server does by itself, and when.
//!
//! All decisions are pure functions of what is stored, the present and a timetable; a store
//! applies the resulting [`ScheduleChange`] whole or not at all.

mod due;
mod name;
mod run;
mod state;

pub use due::{Due, GRACE, Plan, Timetable, due, jitter, next_tick};
pub use name::{Missed, Overlap, ScheduleName};
pub use run::{Cause, Ended, Outcome, ScheduleRun};
pub use state::{NothingRuns, ScheduleChange, ScheduleState};
