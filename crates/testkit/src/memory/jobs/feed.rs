use async_trait::async_trait;
use tapedeck_domain::id::BacktestId;
use tapedeck_domain::job::LoggedEvent;
use tapedeck_domain::port::{JobFeed, Signals, StorageError};

use super::MemoryJobs;

#[async_trait]
impl JobFeed for MemoryJobs {
    fn subscribe(&self) -> Signals {
        self.feed.subscribe()
    }

    async fn events_page(
        &self,
        id: BacktestId,
        seq: u64,
        limit: usize,
    ) -> Result<Vec<LoggedEvent>, StorageError> {
        let state = self.lock();
        let log = state.jobs.get(&id).map(|row| row.log.as_slice()).unwrap_or_default();
        Ok(log.iter().filter(|event| event.seq > seq).take(limit).cloned().collect())
    }
}
