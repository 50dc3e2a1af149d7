use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use diesel::dsl::count_star;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{Array, BigInt, Text};
use diesel_async::{
    AnsiTransactionManager, AsyncPgConnection, RunQueryDsl, TransactionManager as _,
};
use tapedeck_domain::id::LeaseId;
use tapedeck_domain::job::{Backtest, JobChange, JobEvent, Priority, transition};
use tapedeck_domain::port::{Claim, JobQueue, Leased, Room, Signal, StorageError};
use tapedeck_domain::time::Timestamp;
use tapedeck_sql::change::ChangeRows;
use tapedeck_sql::job::leased;
use tapedeck_sql::queue::retry_bounds;
use tapedeck_sql::schema::{backtests, queue_places};

use super::change::apply;
use super::{PostgresJobs, decode};
use crate::fault::Fault;
use crate::prepared::Prepared;

#[async_trait]
impl JobQueue for PostgresJobs {
    async fn claim(&self, wanted: Claim) -> Result<Vec<Backtest>, StorageError> {
        let claimed = self.database.run(async |conn| claim_at_once(conn, &wanted).await).await?;
        for job in &claimed {
            self.wake.tell(Signal::Changed(job.id, job.state.status()));
        }
        Ok(claimed)
    }

    async fn renew(&self, leases: Vec<LeaseId>) -> Result<Vec<LeaseId>, StorageError> {
        Ok(self.database.run(async |conn| renew(conn, &leases).await).await?)
    }

    async fn leased(&self) -> Result<Vec<Leased>, StorageError> {
        let query = backtests::table.filter(backtests::lease_id.is_not_null()).select((
            backtests::id,
            backtests::lease_id,
            backtests::renewals,
        ));
        let rows = self.database.run(async |conn| query.load(conn).await);
        let rows: Vec<_> = rows.await.map_err(Fault::from)?;
        rows.into_iter().filter_map(|row| leased(row).transpose()).collect()
    }
}

/// Where limits are set, claims come one by one, so that their counts hold. Any number, as long as
/// it is always the same.
const CLAIM_LOCK: i64 = 0x7461_7065_636c_6169;

/// The disk need not be waited for: when the server crashes and forgets the claim, the jobs are
/// queued again, and whoever comes with a lease that was forgotten is refused.
const BEGIN: &str = "BEGIN; SET LOCAL synchronous_commit = off";

/// A transaction that is opened and set up in one go to the server.
async fn claim_at_once(
    conn: &mut AsyncPgConnection,
    wanted: &Claim,
) -> Result<Vec<Backtest>, Fault> {
    AnsiTransactionManager::begin_transaction_sql(conn, BEGIN).await?;
    match claim(conn, wanted).await {
        Ok(claimed) => {
            AnsiTransactionManager::commit_transaction(conn).await?;
            Ok(claimed)
        }
        Err(fault) => {
            // What the claim failed of says more than that it cannot be taken back, either.
            let _ = AnsiTransactionManager::rollback_transaction(conn).await;
            Err(fault)
        }
    }
}

async fn claim(conn: &mut AsyncPgConnection, wanted: &Claim) -> Result<Vec<Backtest>, Fault> {
    let mut room = room(conn, wanted).await?;
    let mut leases = wanted.leases.iter();
    let mut claimed = Vec::new();
    for (priority, most) in wanted.turns() {
        while claimed.len() < most {
            let wanted_now = most - claimed.len();
            let found = candidates(conn, priority, wanted_now, &room, wanted.now).await?;
            let no_more = found.len() < wanted_now;
            let mut starts = Vec::new();
            for job in found {
                if room.take(&job.submission.spec.strategy.id)
                    && let Some(lease) = leases.next()
                    && let Ok(change) = transition(&job, JobEvent::Claim(*lease), wanted.now)
                {
                    starts.push((job, change));
                }
            }
            let none = starts.is_empty();
            claimed.extend(start(conn, starts).await?);
            // Those that were passed over are full now, so that the next look finds others.
            if no_more || none {
                break;
            }
        }
    }
    Ok(claimed)
}

/// Writes that jobs, whose rows are locked, were started.
async fn start(
    conn: &mut AsyncPgConnection,
    starts: Vec<(Backtest, JobChange)>,
) -> Result<Vec<Backtest>, Fault> {
    if starts.is_empty() {
        return Ok(Vec::new());
    }
    let rows = starts.iter().map(|(_, change)| ChangeRows::try_from(change));
    let rows = rows.collect::<Result<Vec<_>, _>>()?;
    let changed = apply(conn, &rows.iter().collect::<Vec<_>>()).await?;
    let started = starts.iter().zip(&rows).filter(|(_, rows)| changed.contains(&rows.id));
    Ok(started.filter_map(|((job, change), _)| job.apply(change).ok()).collect())
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

/// Each index entry is read in order until there are enough, so the priorities are a range and not
/// a list. Rows that another claim holds are passed over, so claims never wait for each other.
const CANDIDATES: &str = "
    SELECT id, revision, status, state, submission, attempt, priority, lease_id, renewals,
        dedupe_key, dataset_id, symbol, strategy_id, created_at, last_seq, kind
    FROM backtests
    WHERE status = 'queued' AND NOT EXISTS (SELECT FROM queue_pauses)
        AND not_before <= $1 AND (retry_at <= $2 OR retry_at > $3)
        AND priority BETWEEN $4 AND $5 AND strategy_id <> ALL ($6)
    ORDER BY priority, position LIMIT $7 FOR UPDATE SKIP LOCKED";

/// The next jobs that are due, of strategies of which more may run; none while the queue is paused.
async fn candidates(
    conn: &mut AsyncPgConnection,
    priority: Option<Priority>,
    most: usize,
    room: &Room,
    now: Timestamp,
) -> Result<Vec<Backtest>, Fault> {
    let (due, due_again) = retry_bounds(now);
    let first = priority.unwrap_or(Priority::Interactive);
    let last = priority.unwrap_or(Priority::Batch);
    let full: Vec<_> = room.full().into_iter().map(|id| id.to_string()).collect();
    let query = sql_query(CANDIDATES)
        .bind::<BigInt, _>(now.as_nanos())
        .bind::<BigInt, _>(due)
        .bind::<BigInt, _>(due_again)
        .bind::<BigInt, _>(first.rank())
        .bind::<BigInt, _>(last.rank())
        .bind::<Array<Text>, _>(full)
        .bind::<BigInt, _>(i64::try_from(most).unwrap_or(i64::MAX));
    Ok(decode(Prepared(query).load(conn).await?)?)
}

/// Rows are locked in the order of their ids, as by commits, before they are changed. A renewal
/// that a crash of the server undoes is made up for by the next one.
const RENEW: &str = "
    WITH held AS MATERIALIZED (
        SELECT id FROM backtests WHERE lease_id = ANY ($1) ORDER BY id FOR UPDATE
    ), renewed AS (
        UPDATE backtests AS job SET renewals = job.renewals + 1
        FROM held WHERE job.id = held.id
        RETURNING job.lease_id
    )
    SELECT lease_id, set_config('synchronous_commit', 'off', true) FROM renewed";

#[derive(QueryableByName)]
struct Renewed {
    #[diesel(sql_type = Text)]
    lease_id: String,
}

async fn renew(conn: &mut AsyncPgConnection, leases: &[LeaseId]) -> Result<Vec<LeaseId>, Fault> {
    let wanted: Vec<_> = leases.iter().map(ToString::to_string).collect();
    let held: Vec<Renewed> =
        Prepared(sql_query(RENEW).bind::<Array<Text>, _>(wanted)).load(conn).await?;
    let held: BTreeSet<_> = held.into_iter().map(|row| row.lease_id).collect();
    Ok(leases.iter().filter(|lease| held.contains(&lease.to_string())).copied().collect())
}
