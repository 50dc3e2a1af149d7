//! Changes of many jobs in one statement.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use diesel::result::Error as DieselError;
use diesel::sql_query;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use tapedeck_sql::change::ChangeRows;

use crate::prepared::Prepared;

/// The statement, with what else belongs to it.
///
/// Rows are locked in the order of their ids, as by all that lock several, so that no two can
/// each hold what the other waits for. The conditions are checked again on a row that had to be
/// waited for.
macro_rules! change {
    ($more:literal) => {
        concat!(
            "
    WITH given AS MATERIALIZED (
        SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) AS given
            (id, expected, fence, status, state, is_shared, attempt, lease_id, last_seq, retry_at,
             finished_at)
    ), locked AS MATERIALIZED (
        SELECT given.* FROM given JOIN backtests AS job ON job.id = given.id
        ORDER BY given.id FOR UPDATE OF job
    ), changed AS (
        UPDATE backtests AS job SET
            revision = job.revision + 1, status = locked.status, state = locked.state,
            attempt = locked.attempt, lease_id = locked.lease_id,
            last_seq = coalesce(locked.last_seq, job.last_seq), retry_at = locked.retry_at,
            finished_at = locked.finished_at,
            dedupe_key = CASE WHEN locked.is_shared THEN job.dedupe_key END
        FROM locked
        WHERE job.id = locked.id AND job.revision = locked.expected
            AND (locked.fence IS NULL OR locked.fence = job.lease_id)
        RETURNING job.id
    ), logged AS (
        INSERT INTO backtest_events (backtest_id, seq, at, body)
        SELECT event.* FROM unnest($12, $13, $14, $15) AS event (id, seq, at, body)
        JOIN changed ON changed.id = event.id
    )",
            $more,
            " SELECT id FROM changed"
        )
    };
}

/// Without entries for the audit trail, as almost all are: an empty part costs time, too.
const CHANGE: &str = change!("");

const CHANGE_AND_AUDIT: &str = change!(
    ", audited AS (
        INSERT INTO audit_entries (at, actor, action, subject, request_id, before, after)
        SELECT at, actor, action, subject, request_id, before, after
        FROM unnest($16, $17, $18, $19, $20, $21, $22, $23) WITH ORDINALITY AS entry
            (id, at, actor, action, subject, request_id, before, after, place)
        JOIN changed ON changed.id = entry.id ORDER BY place
    )"
);

#[derive(QueryableByName)]
pub(super) struct Id {
    #[diesel(sql_type = Text)]
    pub(super) id: String,
}

/// Applies changes of different jobs, all that can be applied, and says of which jobs they were.
pub(super) async fn apply(
    conn: &mut AsyncPgConnection,
    changes: &[&ChangeRows],
) -> Result<BTreeSet<String>, DieselError> {
    let given = || changes.iter();
    let events: Vec<_> = given().flat_map(|change| &change.events).collect();
    let events = || events.iter();
    let audited: Vec<_> =
        given().flat_map(|c| c.audit.iter().map(|entry| (c.id.as_str(), entry))).collect();
    let text = if audited.is_empty() { CHANGE } else { CHANGE_AND_AUDIT };
    let query = sql_query(text)
        .bind::<Array<Text>, Vec<&str>>(given().map(|c| c.id.as_str()).collect())
        .bind::<Array<BigInt>, Vec<i64>>(given().map(|c| c.expected).collect())
        .bind::<Array<Nullable<Text>>, Vec<_>>(given().map(|c| c.fence.as_deref()).collect())
        .bind::<Array<Text>, Vec<&str>>(given().map(|c| c.update.status.as_str()).collect())
        .bind::<Array<Text>, Vec<&str>>(given().map(|c| c.update.state.as_str()).collect())
        .bind::<Array<Bool>, Vec<bool>>(given().map(|c| c.is_shared).collect())
        .bind::<Array<BigInt>, Vec<i64>>(given().map(|c| c.update.attempt).collect())
        .bind::<Array<Nullable<Text>>, Vec<_>>(given().map(|c| lease(c)).collect())
        .bind::<Array<Nullable<BigInt>>, Vec<_>>(given().map(|c| c.update.last_seq).collect())
        .bind::<Array<BigInt>, Vec<i64>>(given().map(|c| c.place.retry_at).collect())
        .bind::<Array<Nullable<BigInt>>, Vec<_>>(given().map(|c| c.place.finished_at).collect())
        .bind::<Array<Text>, Vec<&str>>(events().map(|e| e.backtest_id.as_str()).collect())
        .bind::<Array<BigInt>, Vec<i64>>(events().map(|e| e.seq).collect())
        .bind::<Array<BigInt>, Vec<i64>>(events().map(|e| e.at).collect())
        .bind::<Array<Text>, Vec<&str>>(events().map(|e| e.body.as_str()).collect());
    if audited.is_empty() {
        return Ok(ids(Prepared(query).load(conn).await?));
    }
    let audit = || audited.iter();
    let query = query
        .bind::<Array<Text>, Vec<&str>>(audit().map(|(id, _)| *id).collect())
        .bind::<Array<BigInt>, Vec<i64>>(audit().map(|(_, e)| e.at).collect())
        .bind::<Array<Text>, Vec<&str>>(audit().map(|(_, e)| e.actor.as_str()).collect())
        .bind::<Array<Text>, Vec<&str>>(audit().map(|(_, e)| e.action.as_str()).collect())
        .bind::<Array<Text>, Vec<&str>>(audit().map(|(_, e)| e.subject.as_str()).collect())
        .bind::<Array<Nullable<Text>>, Vec<_>>(
            audit().map(|(_, e)| e.request_id.as_deref()).collect(),
        )
        .bind::<Array<Nullable<Text>>, Vec<_>>(audit().map(|(_, e)| e.before.as_deref()).collect())
        .bind::<Array<Nullable<Text>>, Vec<_>>(audit().map(|(_, e)| e.after.as_deref()).collect());
    Ok(ids(Prepared(query).load(conn).await?))
}

pub(super) fn ids(rows: Vec<Id>) -> BTreeSet<String> {
    rows.into_iter().map(|row| row.id).collect()
}

fn lease(change: &ChangeRows) -> Option<&str> {
    change.update.lease_id.as_ref().and_then(Option::as_deref)
}

/// The places of changes, so that no round has two of one job, and of two of one job the first
/// is in an earlier round.
pub(super) fn rounds(changes: &[&ChangeRows]) -> Vec<Vec<usize>> {
    let mut rounds: Vec<Vec<usize>> = Vec::new();
    let mut before: BTreeMap<&str, usize> = BTreeMap::new();
    for (at, change) in changes.iter().enumerate() {
        let round = before.entry(&change.id).or_default();
        match rounds.get_mut(*round) {
            Some(places) => places.push(at),
            None => rounds.push(vec![at]),
        }
        *round += 1;
    }
    rounds
}
