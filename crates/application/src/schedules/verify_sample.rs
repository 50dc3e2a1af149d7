use std::sync::Arc;

use async_trait::async_trait;
use tapedeck_domain::id::BacktestId;
use tapedeck_domain::job::{JobKind, Status};
use tapedeck_domain::port::{Ids, JobCatalog, JobFilter, Page};

use super::task::{ScheduledTask, TaskEnd, TaskError, chain};
use crate::difference::Difference;
use crate::verify::{Verify, VerifyError};

/// Repeats a finished backtest, chosen at random among the latest, and compares.
pub struct VerifySample {
    /// What repeats and compares.
    pub verify: Verify,
    /// Which backtests there are.
    pub catalog: Arc<dyn JobCatalog>,
    /// Chance.
    pub ids: Arc<dyn Ids>,
}

/// Backtests to choose from, the latest ones.
const CHOICE: u64 = 10_000;
/// Backtests that are read at once.
const PAGE: usize = 500;

#[async_trait]
impl ScheduledTask for VerifySample {
    async fn run(&self) -> Result<TaskEnd, TaskError> {
        let Some(id) = self.choose().await? else {
            return Ok(TaskEnd::Done("there is no backtest that succeeded".to_owned()));
        };
        match self.verify.verify(id).await {
            Ok(verdict) => Ok(verdict_of(id, verdict.difference.as_ref())),
            Err(error) => Err(TaskError(format!("backtest {id}: {}", said(&error)))),
        }
    }
}

impl VerifySample {
    async fn choose(&self) -> Result<Option<BacktestId>, TaskError> {
        let succeeded = || JobFilter {
            kind: Some(JobKind::Backtest),
            status: Some(Status::Succeeded),
            ..JobFilter::default()
        };
        let count = self.catalog.count(succeeded()).await?.min(CHOICE);
        if count == 0 {
            return Ok(None);
        }
        let (mut left, mut after) = (self.ids.next().as_u64_pair().1 % count, None);
        loop {
            let page = Page { after, limit: PAGE };
            let jobs = self.catalog.list(succeeded(), page).await?;
            let last = jobs.last().map(|job| job.id);
            let chosen = usize::try_from(left).ok().and_then(|place| jobs.get(place));
            if let Some(job) = chosen {
                return Ok(Some(job.id));
            }
            // Fewer than there were: some have been removed meanwhile.
            if jobs.len() < PAGE {
                return Ok(last.or(after));
            }
            (left, after) = (left - PAGE as u64, last);
        }
    }
}

fn verdict_of(id: BacktestId, difference: Option<&Difference>) -> TaskEnd {
    match difference {
        None => TaskEnd::Done(format!("backtest {id} came out the same")),
        Some(difference) => {
            let place =
                difference.bar.map_or_else(String::new, |bar| format!(" from bar {bar} on"));
            TaskEnd::Alarm(format!(
                "backtest {id} came out differently when it was repeated{place}"
            ))
        }
    }
}

fn said(error: &VerifyError) -> String {
    chain(error)
}
