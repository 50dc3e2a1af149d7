use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use tapedeck_domain::id::BacktestId;
use tapedeck_domain::job::LoggedEvent;
use tapedeck_domain::port::{JobFeed, Signals, StorageError};
use tapedeck_sql::job::EventRow;
use tapedeck_sql::schema::backtest_events;

use super::PostgresJobs;
use crate::fault::Fault;

#[async_trait]
impl JobFeed for PostgresJobs {
    fn subscribe(&self) -> Signals {
        self.ear.subscribe()
    }

    async fn events_page(
        &self,
        id: BacktestId,
        seq: u64,
        limit: usize,
    ) -> Result<Vec<LoggedEvent>, StorageError> {
        let after = i64::try_from(seq).unwrap_or(i64::MAX);
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let query = backtest_events::table
            .filter(backtest_events::backtest_id.eq(id.to_string()))
            .filter(backtest_events::seq.gt(after))
            .order(backtest_events::seq)
            .limit(limit);
        let rows = self.database.run(async |conn| query.load(conn).await);
        let rows: Vec<EventRow> = rows.await.map_err(Fault::from)?;
        rows.into_iter().map(LoggedEvent::try_from).collect()
    }
}
