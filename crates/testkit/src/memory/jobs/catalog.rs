use async_trait::async_trait;
use tapedeck_domain::job::Backtest;
use tapedeck_domain::port::{JobCatalog, JobFilter, Page, StorageError};

use super::MemoryJobs;

#[async_trait]
impl JobCatalog for MemoryJobs {
    async fn list(&self, filter: JobFilter, page: Page) -> Result<Vec<Backtest>, StorageError> {
        let state = self.lock();
        let newest_first = state.jobs.values().rev().map(|row| &row.job);
        let rest = newest_first.filter(|job| page.after.is_none_or(|after| job.id < after));
        Ok(rest.filter(|job| matches(&filter, job)).take(page.limit).cloned().collect())
    }

    async fn count(&self, filter: JobFilter) -> Result<u64, StorageError> {
        Ok(self.lock().jobs.values().filter(|row| matches(&filter, &row.job)).count() as u64)
    }
}

fn matches(filter: &JobFilter, job: &Backtest) -> bool {
    let submission = &job.submission;
    filter.kind.is_none_or(|kind| kind == submission.kind())
        && filter.status.is_none_or(|status| status == job.state.status())
        && filter.dataset_id.as_ref().is_none_or(|id| *id == submission.spec.dataset.id)
        && filter.symbol.as_ref().is_none_or(|symbol| *symbol == submission.symbol)
        && filter.strategy_id.as_ref().is_none_or(|id| *id == submission.spec.strategy.id)
        && filter.tag.as_ref().is_none_or(|tag| submission.tags.contains(tag))
        && filter.created_after.is_none_or(|after| job.created_at > after)
        && filter.created_before.is_none_or(|before| job.created_at < before)
}
