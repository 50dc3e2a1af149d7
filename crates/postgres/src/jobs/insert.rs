//! Many new jobs in one statement.

use std::collections::BTreeSet;

use diesel::result::Error as DieselError;
use diesel::sql_query;
use diesel::sql_types::{Array, BigInt, Nullable, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use tapedeck_sql::submission::NewRows;

use super::change::ids;
use super::insert_one;
use crate::prepared::Prepared;

/// Adds what nothing stands against; what was not added is looked at one by one. Places in the
/// queue follow the order in which the jobs are given, while rows are added in the order of their
/// dedupe keys, so that no two statements can each hold a key that the other waits for. A job
/// with an idempotency key of its own is not shared while an equal one is. `CASE` keeps the
/// conditions from being turned into joins, which read whole tables.
const INSERT: &str = "
    WITH given AS MATERIALIZED (
        SELECT given.*, nextval('backtests_position') AS position
        FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
            $19, $20, $21) AS given
            (id, revision, status, state, submission, attempt, priority, dedupe_key, dataset_id,
             symbol, strategy_id, created_at, last_seq, kind, not_before, seq, at, body, scope, key,
             body_hash)
    ), added AS (
        INSERT INTO backtests (id, revision, status, state, submission, attempt, priority,
            renewals, dedupe_key, dataset_id, symbol, strategy_id, created_at, last_seq, kind,
            not_before, position)
        SELECT id, revision, status, state, submission, attempt, priority, 0,
            CASE WHEN scope IS NULL THEN dedupe_key
                 WHEN NOT EXISTS (SELECT FROM backtests AS twin
                                  WHERE twin.dedupe_key = given.dedupe_key) THEN dedupe_key END,
            dataset_id, symbol, strategy_id, created_at, last_seq, kind, not_before, position
        FROM given
        WHERE CASE WHEN scope IS NULL THEN true
                   ELSE NOT EXISTS (SELECT FROM idempotency_keys AS used
                                    WHERE used.scope = given.scope AND used.key = given.key) END
        ORDER BY dedupe_key, position
        ON CONFLICT (dedupe_key) WHERE dedupe_key IS NOT NULL DO NOTHING
        RETURNING id
    ), logged AS (
        INSERT INTO backtest_events (backtest_id, seq, at, body)
        SELECT given.id, seq, at, body FROM given JOIN added ON added.id = given.id
    ), tagged AS (
        INSERT INTO backtest_tags (backtest_id, tag)
        SELECT tagged.id, tag FROM unnest($22, $23) AS tagged (id, tag)
        JOIN added ON added.id = tagged.id
    ), kept AS (
        INSERT INTO idempotency_keys (scope, key, body_hash, backtest_id, created_at)
        SELECT scope, key, body_hash, given.id, created_at
        FROM given JOIN added ON added.id = given.id
        WHERE scope IS NOT NULL ORDER BY scope, key
    )
    SELECT id FROM added";

/// Adds jobs with all that belongs to them, and says which were added.
pub(super) async fn insert(
    conn: &mut AsyncPgConnection,
    new: &[&NewRows],
) -> Result<BTreeSet<String>, DieselError> {
    if let [one] = new
        && insert_one::is_plain(one)
    {
        return insert_one::insert(conn, one).await;
    }
    let jobs = || new.iter().map(|new| &new.job);
    let events = || new.iter().map(|new| &new.event);
    let keys = || new.iter().map(|new| new.key.as_ref());
    let tags = || new.iter().flat_map(|new| &new.tags);
    let query = sql_query(INSERT)
        .bind::<Array<Text>, Vec<&str>>(jobs().map(|job| job.id.as_str()).collect())
        .bind::<Array<BigInt>, Vec<i64>>(jobs().map(|job| job.revision).collect())
        .bind::<Array<Text>, Vec<&str>>(jobs().map(|job| job.status.as_str()).collect())
        .bind::<Array<Text>, Vec<&str>>(jobs().map(|job| job.state.as_str()).collect())
        .bind::<Array<Text>, Vec<&str>>(jobs().map(|job| job.submission.as_str()).collect())
        .bind::<Array<BigInt>, Vec<i64>>(jobs().map(|job| job.attempt).collect())
        .bind::<Array<BigInt>, Vec<i64>>(jobs().map(|job| job.priority).collect())
        .bind::<Array<Nullable<Text>>, Vec<_>>(
            jobs().map(|job| job.dedupe_key.as_deref()).collect(),
        )
        .bind::<Array<Text>, Vec<&str>>(jobs().map(|job| job.dataset_id.as_str()).collect())
        .bind::<Array<Text>, Vec<&str>>(jobs().map(|job| job.symbol.as_str()).collect())
        .bind::<Array<Text>, Vec<&str>>(jobs().map(|job| job.strategy_id.as_str()).collect())
        .bind::<Array<BigInt>, Vec<i64>>(jobs().map(|job| job.created_at).collect())
        .bind::<Array<BigInt>, Vec<i64>>(jobs().map(|job| job.last_seq).collect())
        .bind::<Array<Text>, Vec<&str>>(jobs().map(|job| job.kind.as_str()).collect())
        .bind::<Array<BigInt>, Vec<i64>>(new.iter().map(|new| new.not_before).collect())
        .bind::<Array<BigInt>, Vec<i64>>(events().map(|event| event.seq).collect())
        .bind::<Array<BigInt>, Vec<i64>>(events().map(|event| event.at).collect())
        .bind::<Array<Text>, Vec<&str>>(events().map(|event| event.body.as_str()).collect())
        .bind::<Array<Nullable<Text>>, Vec<_>>(
            keys().map(|key| key.map(|key| key.scope.as_str())).collect(),
        )
        .bind::<Array<Nullable<Text>>, Vec<_>>(
            keys().map(|key| key.map(|key| key.key.as_str())).collect(),
        )
        .bind::<Array<Nullable<Text>>, Vec<_>>(
            keys().map(|key| key.map(|key| key.body_hash.as_str())).collect(),
        )
        .bind::<Array<Text>, Vec<&str>>(tags().map(|tag| tag.backtest_id.as_str()).collect())
        .bind::<Array<Text>, Vec<&str>>(tags().map(|tag| tag.tag.as_str()).collect());
    Ok(ids(Prepared(query).load(conn).await?))
}
