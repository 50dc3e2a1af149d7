use std::collections::BTreeMap;

use async_trait::async_trait;
use diesel::dsl::{count_star, sql};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool};
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl};
use tapedeck_domain::id::LeaseId;
use tapedeck_domain::job::{Backtest, JobEvent, Priority, transition};
use tapedeck_domain::port::{Claim, JobQueue, Leased, Room, Signal, StorageError};
use tapedeck_domain::time::Timestamp;
use tapedeck_sql::job::JobRow;
use tapedeck_sql::queue::retry_bounds;
use tapedeck_sql::schema::{backtests, queue_pauses, queue_places};

use super::{PostgresJobs, append, decode, write};
use crate::fault::Fault;

#[async_trait]
impl JobQueue for PostgresJobs {
    async fn claim(&self, wanted: Claim) -> Result<Vec<Backtest>, StorageError> {
        let claim = async |conn: &mut AsyncPgConnection| {
            conn.transaction(async |conn| claim(conn, &wanted).await).await
        };
        let claimed = self.database.run(claim).await?;
        for job in &claimed {
            self.wake.tell(Signal::Changed(job.id, job.state.status()));
        }
        Ok(claimed)
    }

    async fn renew(&self, leases: Vec<LeaseId>) -> Result<Vec<LeaseId>, StorageError> {
        let renew = async |conn: &mut AsyncPgConnection| {
            conn.transaction(async |conn| renew(conn, &leases).await).await
        };
        Ok(self.database.run(renew).await?)
    }

    async fn leased(&self) -> Result<Vec<Leased>, StorageError> {
        let query = backtests::table.filter(backtests::lease_id.is_not_null());
        let rows = self.database.run(async |conn| query.load(conn).await);
        let rows: Vec<JobRow> = rows.await.map_err(Fault::from)?;
        rows.iter().filter_map(|row| row.leased().transpose()).collect()
    }
}

/// Where limits are set, claims come one by one, so that their counts hold. Any number, as long as
/// it is always the same.
const CLAIM_LOCK: i64 = 0x7461_7065_636c_6169;

async fn claim(conn: &mut AsyncPgConnection, wanted: &Claim) -> Result<Vec<Backtest>, Fault> {
    if queue_pauses::table.count().get_result::<i64>(conn).await? > 0 {
        return Ok(Vec::new());
    }
    let mut room = room(conn, wanted).await?;
    let mut leases = wanted.leases.iter();
    let (mut claimed, mut changes) = (Vec::new(), Vec::new());
    for (priority, most) in wanted.turns() {
        while claimed.len() < most {
            let before = claimed.len();
            for job in candidates(conn, priority, most - before, &room, wanted.now).await? {
                if !room.take(&job.submission.spec.strategy.id) {
                    continue;
                }
                let Some(lease) = leases.next() else { break };
                let change = transition(&job, JobEvent::Claim(*lease), wanted.now);
                let Ok(change) = change else { continue };
                let Ok(next) = job.apply(&change) else { continue };
                write(conn, &next).await?;
                claimed.push(next);
                changes.push(change);
            }
            // Those that were passed over are full now, so that the next look finds others.
            if claimed.len() == before {
                break;
            }
        }
    }
    append(conn, changes.iter()).await?;
    Ok(claimed)
}

/// What runs of each strategy, where that matters.
async fn room(conn: &mut AsyncPgConnection, wanted: &Claim) -> Result<Room, Fault> {
    if !wanted.limits.are_set() {
        return Ok(Room::new(wanted.limits, BTreeMap::new()));
    }
    let lock = diesel::sql_query("SELECT pg_advisory_xact_lock($1)");
    lock.bind::<BigInt, _>(CLAIM_LOCK).execute(conn).await?;
    let running: Vec<(String, i64)> = queue_places::table
        .filter(queue_places::lease_id.is_not_null())
        .group_by(queue_places::strategy_id)
        .select((queue_places::strategy_id, count_star()))
        .load(conn)
        .await?;
    Ok(tapedeck_sql::queue::room(wanted.limits, running)?)
}

/// The next jobs that are due, of strategies of which more may run. Rows that another claim holds
/// are passed over, so claims never wait for each other.
async fn candidates(
    conn: &mut AsyncPgConnection,
    priority: Option<Priority>,
    most: usize,
    room: &Room,
    now: Timestamp,
) -> Result<Vec<Backtest>, Fault> {
    let (due, due_again) = retry_bounds(now);
    let ranks: Vec<i64> = match priority {
        Some(priority) => vec![priority.rank()],
        None => vec![Priority::Interactive.rank(), Priority::Batch.rank()],
    };
    let full: Vec<_> = room.full().into_iter().map(|id| id.to_string()).collect();
    let ids: Vec<String> = queue_places::table
        .filter(sql::<Bool>("status = 'queued'"))
        .filter(queue_places::not_before.le(now.as_nanos()))
        .filter(queue_places::retry_at.le(due).or(queue_places::retry_at.gt(due_again)))
        .filter(queue_places::priority.eq_any(ranks))
        .filter(queue_places::strategy_id.ne_all(full))
        .order((queue_places::priority, queue_places::position))
        .limit(i64::try_from(most).unwrap_or(i64::MAX))
        .select(queue_places::id)
        .for_update()
        .skip_locked()
        .load(conn)
        .await?;
    let rows: Vec<JobRow> = backtests::table.filter(backtests::id.eq_any(&ids)).load(conn).await?;
    let mut jobs: BTreeMap<_, _> =
        decode(rows)?.into_iter().map(|job| (job.id.to_string(), job)).collect();
    Ok(ids.iter().filter_map(|id| jobs.remove(id)).collect())
}

/// Locks in the order of the ids, as commits do, before it updates.
async fn renew(conn: &mut AsyncPgConnection, leases: &[LeaseId]) -> Result<Vec<LeaseId>, Fault> {
    let wanted = leases.iter().map(ToString::to_string);
    let held: Vec<(String, Option<String>)> = backtests::table
        .filter(backtests::lease_id.eq_any(wanted))
        .order(backtests::id)
        .select((backtests::id, backtests::lease_id))
        .for_update()
        .load(conn)
        .await?;
    let (ids, held): (Vec<_>, Vec<_>) = held.into_iter().unzip();
    let renewed = backtests::renewals.eq(backtests::renewals + 1);
    let rows = backtests::table.filter(backtests::id.eq_any(ids));
    diesel::update(rows).set(renewed).execute(conn).await?;
    let is_held = |lease: &&LeaseId| held.contains(&Some(lease.to_string()));
    Ok(leases.iter().filter(is_held).copied().collect())
}
