use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use tapedeck_domain::id::ScheduleRunId;
use tapedeck_domain::port::{
    KEPT_RUNS, RecordedRun, ScheduleConflict, ScheduleStore, StorageError, StoredSchedule,
};
use tapedeck_domain::schedule::{ScheduleChange, ScheduleName};
use tapedeck_sql::schedule::{NewRunRow, NewScheduleRow, RunRow, ScheduleRow};
use tapedeck_sql::schema::{schedule_runs, schedules};

use crate::Database;
use crate::fault::Fault;
use crate::jobs::audit;

/// Schedules in the embedded database.
pub struct SqliteSchedules(pub Database);

#[async_trait]
impl ScheduleStore for SqliteSchedules {
    async fn list(&self) -> Result<Vec<StoredSchedule>, StorageError> {
        let list = |conn: &mut SqliteConnection| -> Result<Vec<ScheduleRow>, Fault> {
            Ok(schedules::table
                .order(schedules::name)
                .select(ScheduleRow::as_select())
                .load(conn)?)
        };
        let rows = self.0.read(list).await?;
        let read = rows.into_iter().map(ScheduleRow::read);
        read.filter_map(Result::transpose).collect()
    }

    async fn commit(
        &self,
        change: ScheduleChange,
    ) -> Result<Result<(), ScheduleConflict>, StorageError> {
        match self.0.write(move |conn| commit(conn, &change)).await {
            Ok(()) => Ok(Ok(())),
            Err(Refused::Conflict(conflict)) => Ok(Err(conflict)),
            Err(Refused::Fault(fault)) => Err(fault.into()),
        }
    }

    async fn beat(&self, schedule: ScheduleName, run: ScheduleRunId) -> Result<bool, StorageError> {
        let beat = move |conn: &mut SqliteConnection| -> Result<usize, Fault> {
            let row = schedules::table.find(schedule.as_str());
            let running = row.filter(schedules::running.eq(run.to_string()));
            let more = schedules::beats.eq(schedules::beats + 1);
            Ok(diesel::update(running).set(more).execute(conn)?)
        };
        Ok(self.0.write(beat).await? > 0)
    }

    async fn runs(
        &self,
        schedule: ScheduleName,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<RecordedRun>, StorageError> {
        let list = move |conn: &mut SqliteConnection| -> Result<Vec<RunRow>, Fault> {
            let before = before.map_or(i64::MAX, |seq| i64::try_from(seq).unwrap_or(i64::MAX));
            let query = schedule_runs::table
                .filter(schedule_runs::schedule.eq(schedule.as_str()))
                .filter(schedule_runs::seq.lt(before))
                .order(schedule_runs::seq.desc())
                .limit(i64::try_from(limit).unwrap_or(i64::MAX));
            Ok(query.select(RunRow::as_select()).load(conn)?)
        };
        self.0.read(list).await?.into_iter().map(RecordedRun::try_from).collect()
    }
}

/// What takes a transaction of this module back.
enum Refused {
    Conflict(ScheduleConflict),
    Fault(Fault),
}

impl<E: Into<Fault>> From<E> for Refused {
    fn from(error: E) -> Self {
        Self::Fault(error.into())
    }
}

fn commit(conn: &mut SqliteConnection, change: &ScheduleChange) -> Result<(), Refused> {
    let row = NewScheduleRow::new(&change.next)?;
    let changed = match change.expected {
        None => diesel::insert_or_ignore_into(schedules::table).values(&row).execute(conn)?,
        Some(expected) => {
            let expected = i64::try_from(expected).unwrap_or(i64::MAX);
            let current = schedules::table.find(&row.name);
            let current = current.filter(schedules::revision.eq(expected));
            diesel::update(current).set(&row).execute(conn)?
        }
    };
    if changed == 0 {
        return Err(Refused::Conflict(ScheduleConflict::Changed));
    }
    for run in &change.runs {
        put(conn, &NewRunRow::try_from(run)?)?;
    }
    audit(conn, change.audit.iter())?;
    Ok(())
}

fn put(conn: &mut SqliteConnection, run: &NewRunRow) -> Result<(), Refused> {
    let known = schedule_runs::table.filter(schedule_runs::id.eq(&run.id));
    if diesel::update(known).set(run).execute(conn)? > 0 {
        return Ok(());
    }
    let added = diesel::insert_or_ignore_into(schedule_runs::table).values(run).execute(conn)?;
    if added == 0 {
        return Err(Refused::Conflict(ScheduleConflict::TickTaken));
    }
    let of_schedule = schedule_runs::table.filter(schedule_runs::schedule.eq(&run.schedule));
    let oldest_kept = of_schedule
        .order(schedule_runs::seq.desc())
        .select(schedule_runs::seq)
        .offset(KEPT_RUNS as i64 - 1)
        .first::<i64>(conn)
        .optional()?;
    if let Some(oldest_kept) = oldest_kept {
        let older = of_schedule.filter(schedule_runs::seq.lt(oldest_kept));
        diesel::delete(older).execute(conn)?;
    }
    Ok(())
}
