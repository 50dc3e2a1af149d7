use std::collections::BTreeMap;

use async_trait::async_trait;
use diesel::dsl::{count_star, sql};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel::sqlite::{Sqlite, SqliteConnection};
use tapedeck_domain::id::LeaseId;
use tapedeck_domain::job::{Backtest, JobEvent, Lease, Priority, transition};
use tapedeck_domain::port::{Claim, JobQueue, Leased, Room, Signal, StorageError};
use tapedeck_domain::time::Timestamp;
use tapedeck_sql::job::leased;
use tapedeck_sql::queue::retry_bounds;
use tapedeck_sql::schema::{backtests, queue_pauses, queue_places};

use super::{SqliteJobs, apply};
use crate::fault::Fault;

#[async_trait]
impl JobQueue for SqliteJobs {
    async fn claim(&self, wanted: Claim) -> Result<Vec<Backtest>, StorageError> {
        let claimed = self.database.write(move |conn| claim(conn, &wanted)).await?;
        for job in &claimed {
            self.feed.send(Signal::Changed(job.id, job.state.status()));
        }
        Ok(claimed)
    }

    async fn renew(&self, leases: Vec<LeaseId>) -> Result<Vec<LeaseId>, StorageError> {
        let renew = move |conn: &mut SqliteConnection| -> Result<Vec<LeaseId>, Fault> {
            let mut held = Vec::new();
            for lease in leases {
                let row = backtests::table.filter(backtests::lease_id.eq(lease.to_string()));
                let renewed = backtests::renewals.eq(backtests::renewals + 1);
                if diesel::update(row).set(renewed).execute(conn)? > 0 {
                    held.push(lease);
                }
            }
            Ok(held)
        };
        Ok(self.database.write(renew).await?)
    }

    async fn leased(&self) -> Result<Vec<Leased>, StorageError> {
        let all = |conn: &mut SqliteConnection| -> Result<Vec<Leased>, Fault> {
            let rows: Vec<_> = backtests::table
                .filter(backtests::lease_id.is_not_null())
                .select((backtests::id, backtests::lease_id, backtests::renewals))
                .load(conn)?;
            let held = rows.into_iter().filter_map(|row| leased(row).transpose());
            Ok(held.collect::<Result<_, _>>()?)
        };
        Ok(self.database.read(all).await?)
    }
}

fn claim(conn: &mut SqliteConnection, wanted: &Claim) -> Result<Vec<Backtest>, Fault> {
    if queue_pauses::table.count().get_result::<i64>(conn)? > 0 {
        return Ok(Vec::new());
    }
    let mut room = room(conn, wanted)?;
    let mut leases = wanted.leases.iter();
    let mut claimed = Vec::new();
    for (priority, most) in wanted.turns() {
        while claimed.len() < most {
            let before = claimed.len();
            for job in candidates(conn, priority, most - before, &room, wanted.now)? {
                if room.take(&job.submission.spec.strategy.id)
                    && let Some(lease) = leases.next()
                {
                    claimed.extend(start(conn, &job, *lease, wanted.now)?);
                }
            }
            // Those that were passed over are full now, so that the next look finds others.
            if claimed.len() == before {
                break;
            }
        }
    }
    Ok(claimed)
}

fn start(
    conn: &mut SqliteConnection,
    job: &Backtest,
    lease: Lease,
    now: Timestamp,
) -> Result<Option<Backtest>, Fault> {
    let Ok(change) = transition(job, JobEvent::Claim(lease), now) else { return Ok(None) };
    let applied = apply(conn, &change)?;
    Ok(applied.ok().and_then(|_| job.apply(&change).ok()))
}

/// What runs of each strategy, where that matters.
fn room(conn: &mut SqliteConnection, wanted: &Claim) -> Result<Room, Fault> {
    if !wanted.limits.are_set() {
        return Ok(Room::new(wanted.limits, BTreeMap::new()));
    }
    let running: Vec<(String, i64)> = queue_places::table
        .filter(queue_places::lease_id.is_not_null())
        .group_by(queue_places::strategy_id)
        .select((queue_places::strategy_id, count_star()))
        .load(conn)?;
    Ok(tapedeck_sql::queue::room(wanted.limits, running)?)
}

type Places<'a> = queue_places::BoxedQuery<'a, Sqlite>;

/// The next jobs that are due, of strategies of which more may run. The state is written out, as
/// in the index that has only what waits: with a parameter, that would not be used. Jobs that the
/// previous build adds all have the same place, and go by their ids among themselves.
fn candidates(
    conn: &mut SqliteConnection,
    priority: Option<Priority>,
    most: usize,
    room: &Room,
    now: Timestamp,
) -> Result<Vec<Backtest>, Fault> {
    let (due, due_again) = retry_bounds(now);
    let mut query: Places<'_> = queue_places::table
        .filter(sql::<Bool>("status = 'queued'"))
        .filter(queue_places::not_before.le(now.as_nanos()))
        .filter(queue_places::retry_at.le(due).or(queue_places::retry_at.gt(due_again)))
        .into_boxed();
    if let Some(priority) = priority {
        query = query.filter(queue_places::priority.eq(priority.rank()));
    }
    let full = room.full();
    if !full.is_empty() {
        let full = full.into_iter().map(|id| id.to_string());
        query = query.filter(queue_places::strategy_id.ne_all(full));
    }
    let ids: Vec<String> = query
        .order((queue_places::priority, queue_places::position, queue_places::id))
        .limit(i64::try_from(most).unwrap_or(i64::MAX))
        .select(queue_places::id)
        .load(conn)?;
    let mut jobs = Vec::with_capacity(ids.len());
    for id in ids {
        jobs.extend(super::load(conn, &id)?);
    }
    Ok(jobs)
}
