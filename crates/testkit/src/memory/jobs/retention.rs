use async_trait::async_trait;
use tapedeck_domain::job::Backtest;
use tapedeck_domain::port::{RetentionRule, RetentionStore, StorageError};
use tapedeck_domain::time::Timestamp;

use super::{MemoryJobs, State};

impl State {
    /// Oldest end first.
    fn expired(&self, rule: RetentionRule) -> Vec<Backtest> {
        let of_status =
            |job: &&Backtest| rule.status.is_terminal() && job.state.status() == rule.status;
        let mut ended: Vec<_> =
            self.jobs.values().map(|row| &row.job).filter(of_status).cloned().collect();
        ended.sort_by_key(|job| (job.state.finished_at(), job.id));
        let old = |job: &Backtest| {
            rule.ended_before.is_some_and(|end| job.state.finished_at().is_some_and(|at| at < end))
        };
        let by_age = ended.iter().filter(|job| old(job)).count();
        let by_count = rule.keep_latest.map_or(0, |keep| {
            ended.len().saturating_sub(usize::try_from(keep).unwrap_or(usize::MAX))
        });
        ended.truncate(by_age.max(by_count));
        ended
    }
}

#[async_trait]
impl RetentionStore for MemoryJobs {
    async fn expired(
        &self,
        rule: RetentionRule,
        limit: usize,
    ) -> Result<Vec<Backtest>, StorageError> {
        let mut expired = self.lock().expired(rule);
        expired.truncate(limit);
        Ok(expired)
    }

    async fn count_expired(&self, rule: RetentionRule) -> Result<u64, StorageError> {
        Ok(self.lock().expired(rule).len() as u64)
    }

    async fn count_keys(&self, moment: Timestamp) -> Result<u64, StorageError> {
        Ok(self.lock().keys.values().filter(|key| key.used < moment).count() as u64)
    }

    async fn forget_keys(&self, moment: Timestamp) -> Result<u64, StorageError> {
        let mut state = self.lock();
        let before = state.keys.len();
        state.keys.retain(|_, key| key.used >= moment);
        Ok((before - state.keys.len()) as u64)
    }
}
