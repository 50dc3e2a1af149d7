use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl};
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
use crate::reach::SaysAway;

/// Schedules in a database on a server.
pub struct PostgresSchedules(pub Database);

#[async_trait]
impl ScheduleStore for PostgresSchedules {
    async fn list(&self) -> Result<Vec<StoredSchedule>, StorageError> {
        let query = schedules::table.order(schedules::name).select(ScheduleRow::as_select());
        let rows: Result<Vec<ScheduleRow>, _> =
            self.0.run(async |conn| query.load(conn).await).await;
        let read = rows.map_err(Fault::from)?.into_iter().map(ScheduleRow::read);
        read.filter_map(Result::transpose).collect()
    }

    async fn commit(
        &self,
        change: ScheduleChange,
    ) -> Result<Result<(), ScheduleConflict>, StorageError> {
        let commit = async |conn: &mut AsyncPgConnection| {
            conn.transaction(async |conn| commit(conn, &change).await).await
        };
        match self.0.run(commit).await {
            Ok(()) => Ok(Ok(())),
            Err(Refused::Conflict(conflict)) => Ok(Err(conflict)),
            Err(Refused::Fault(fault)) => Err(fault.into()),
        }
    }

    async fn beat(&self, schedule: ScheduleName, run: ScheduleRunId) -> Result<bool, StorageError> {
        let row = schedules::table.find(schedule.as_str());
        let running = row.filter(schedules::running.eq(run.to_string()));
        let beat = diesel::update(running).set(schedules::beats.eq(schedules::beats + 1));
        let changed = self.0.run(async |conn| beat.execute(conn).await).await;
        Ok(changed.map_err(Fault::from)? > 0)
    }

    async fn runs(
        &self,
        schedule: ScheduleName,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<RecordedRun>, StorageError> {
        let before = before.map_or(i64::MAX, |seq| i64::try_from(seq).unwrap_or(i64::MAX));
        let query = schedule_runs::table
            .filter(schedule_runs::schedule.eq(schedule.as_str()))
            .filter(schedule_runs::seq.lt(before))
            .order(schedule_runs::seq.desc())
            .limit(i64::try_from(limit).unwrap_or(i64::MAX))
            .select(RunRow::as_select());
        let rows: Result<Vec<RunRow>, _> = self.0.run(async |conn| query.load(conn).await).await;
        rows.map_err(Fault::from)?.into_iter().map(RecordedRun::try_from).collect()
    }
}

/// What takes a transaction of this module back.
enum Refused {
    Conflict(ScheduleConflict),
    Fault(Fault),
}

impl SaysAway for Refused {
    fn away(&self) -> Option<String> {
        match self {
            Self::Conflict(_) => None,
            Self::Fault(fault) => fault.away(),
        }
    }
}

impl<E: Into<Fault>> From<E> for Refused {
    fn from(error: E) -> Self {
        Self::Fault(error.into())
    }
}

async fn commit(conn: &mut AsyncPgConnection, change: &ScheduleChange) -> Result<(), Refused> {
    let row = NewScheduleRow::new(&change.next)?;
    let changed = match change.expected {
        None => {
            let new = diesel::insert_into(schedules::table).values(&row);
            new.on_conflict_do_nothing().execute(conn).await?
        }
        Some(expected) => {
            let expected = i64::try_from(expected).unwrap_or(i64::MAX);
            let current = schedules::table.find(&row.name);
            let current = current.filter(schedules::revision.eq(expected));
            diesel::update(current).set(&row).execute(conn).await?
        }
    };
    if changed == 0 {
        return Err(Refused::Conflict(ScheduleConflict::Changed));
    }
    for run in &change.runs {
        put(conn, &NewRunRow::try_from(run)?).await?;
    }
    audit(conn, change.audit.iter()).await?;
    Ok(())
}

/// The schedule's row is locked, so no other run of it is added meanwhile.
async fn put(conn: &mut AsyncPgConnection, run: &NewRunRow) -> Result<(), Refused> {
    let known = schedule_runs::table.filter(schedule_runs::id.eq(&run.id));
    if diesel::update(known).set(run).execute(conn).await? > 0 {
        return Ok(());
    }
    let new = diesel::insert_into(schedule_runs::table).values(run);
    if new.on_conflict_do_nothing().execute(conn).await? == 0 {
        return Err(Refused::Conflict(ScheduleConflict::TickTaken));
    }
    let of_schedule = schedule_runs::table.filter(schedule_runs::schedule.eq(&run.schedule));
    let oldest_kept = of_schedule
        .order(schedule_runs::seq.desc())
        .select(schedule_runs::seq)
        .offset(KEPT_RUNS as i64 - 1)
        .first::<i64>(conn)
        .await
        .optional()?;
    if let Some(oldest_kept) = oldest_kept {
        let older = of_schedule.filter(schedule_runs::seq.lt(oldest_kept));
        diesel::delete(older).execute(conn).await?;
    }
    Ok(())
}
