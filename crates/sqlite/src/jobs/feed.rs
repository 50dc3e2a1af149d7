use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use tapedeck_domain::id::BacktestId;
use tapedeck_domain::job::LoggedEvent;
use tapedeck_domain::port::{JobFeed, Signals, StorageError};
use tapedeck_sql::job::EventRow;
use tapedeck_sql::schema::backtest_events;

use super::SqliteJobs;
use crate::fault::Fault;

#[async_trait]
impl JobFeed for SqliteJobs {
    fn subscribe(&self) -> Signals {
        self.feed.subscribe()
    }

    async fn events_page(
        &self,
        id: BacktestId,
        seq: u64,
        limit: usize,
    ) -> Result<Vec<LoggedEvent>, StorageError> {
        let events = move |conn: &mut SqliteConnection| -> Result<Vec<LoggedEvent>, Fault> {
            let after = i64::try_from(seq).unwrap_or(i64::MAX);
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let rows: Vec<EventRow> = backtest_events::table
                .filter(backtest_events::backtest_id.eq(id.to_string()))
                .filter(backtest_events::seq.gt(after))
                .order(backtest_events::seq)
                .limit(limit)
                .load(conn)?;
            Ok(rows.into_iter().map(LoggedEvent::try_from).collect::<Result<_, _>>()?)
        };
        Ok(self.database.read(events).await?)
    }
}
