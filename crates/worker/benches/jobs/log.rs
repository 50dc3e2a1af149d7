//! What the database says of the jobs: the state of each, and its log.

use std::time::Duration;

use crate::support::{TestDatabase, client};

/// Waits until every job has ended.
pub(crate) async fn until_done(database: &TestDatabase) {
    let client = client(&database.name).await;
    let open = "SELECT count(*) FROM backtests WHERE status IN ('queued', 'running')";
    while client.query_one(open, &[]).await.unwrap().get::<_, i64>(0) > 0 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Jobs whose log or whose end is not that of one start.
pub(crate) async fn wrong(database: &TestDatabase, jobs: u64) -> usize {
    let client = client(&database.name).await;
    let started = "SELECT count(*) FROM backtests b WHERE status = 'succeeded' AND attempt = 1 \
                   AND 1 = (SELECT count(*) FROM backtest_events e WHERE e.backtest_id = b.id \
                            AND (body::json->'data'->>'event') = 'started') \
                   AND last_seq = (SELECT count(*) FROM backtest_events e \
                                   WHERE e.backtest_id = b.id)";
    let well: i64 = client.query_one(started, &[]).await.unwrap().get(0);
    usize::try_from(jobs).unwrap().abs_diff(usize::try_from(well).unwrap())
}
