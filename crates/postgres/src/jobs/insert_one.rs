//! One new job in one statement, where it has little with it: whoever submits alone should not pay
//! for what many need, which takes the server more than twice as long.

use std::collections::BTreeSet;

use diesel::result::Error as DieselError;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Nullable, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use tapedeck_sql::submission::NewRows;

use crate::prepared::Prepared;

/// The place in the queue is given by the default of its column. Nothing is added where an equal
/// job stands against it. What the statement counts says whether it was, so that the server need
/// not make up a row to say so.
const INSERT: &str = "
    WITH added AS (
        INSERT INTO backtests (id, revision, status, state, submission, attempt, priority,
            renewals, dedupe_key, dataset_id, symbol, strategy_id, created_at, last_seq, kind,
            not_before)
        VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, $9, $10, $11, $12, $13, $14, $15)
        ON CONFLICT (dedupe_key) WHERE dedupe_key IS NOT NULL DO NOTHING
        RETURNING id
    )
    INSERT INTO backtest_events (backtest_id, seq, at, body)
    SELECT id, $16, $17, $18 FROM added";

/// Whether a job has neither tags nor an idempotency key.
pub(super) const fn is_plain(new: &NewRows) -> bool {
    new.tags.is_empty() && new.key.is_none()
}

/// Adds the job with the first entry of its log, if nothing stands against it.
pub(super) async fn insert(
    conn: &mut AsyncPgConnection,
    new: &NewRows,
) -> Result<BTreeSet<String>, DieselError> {
    let NewRows { job, not_before, event, .. } = new;
    let query = sql_query(INSERT)
        .bind::<Text, _>(&job.id)
        .bind::<BigInt, _>(job.revision)
        .bind::<Text, _>(&job.status)
        .bind::<Text, _>(&job.state)
        .bind::<Text, _>(&job.submission)
        .bind::<BigInt, _>(job.attempt)
        .bind::<BigInt, _>(job.priority)
        .bind::<Nullable<Text>, _>(job.dedupe_key.as_deref())
        .bind::<Text, _>(&job.dataset_id)
        .bind::<Text, _>(&job.symbol)
        .bind::<Text, _>(&job.strategy_id)
        .bind::<BigInt, _>(job.created_at)
        .bind::<BigInt, _>(job.last_seq)
        .bind::<Text, _>(&job.kind)
        .bind::<BigInt, _>(*not_before)
        .bind::<BigInt, _>(event.seq)
        .bind::<BigInt, _>(event.at)
        .bind::<Text, _>(&event.body);
    let added = Prepared(query).execute(conn).await? > 0;
    Ok(added.then(|| job.id.clone()).into_iter().collect())
}
