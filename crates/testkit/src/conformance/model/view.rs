use tapedeck_domain::audit::AuditEntry;
use tapedeck_domain::job::{Backtest, LoggedEvent, Status};
use tapedeck_domain::port::{JobFilter, Leased, Page, QueueStatus, RetentionRule};
use tapedeck_domain::time::Timestamp;

use crate::conformance::Jobs;

/// Everything that can be seen of a store.
#[derive(Debug, PartialEq)]
pub(super) struct View {
    listed: Vec<Backtest>,
    logs: Vec<Vec<LoggedEvent>>,
    leased: Vec<Leased>,
    queue: QueueStatus,
    trail: Vec<AuditEntry>,
    expired: Vec<Vec<Backtest>>,
    old_keys: u64,
}

impl View {
    pub(super) async fn of(jobs: &Jobs, now: Timestamp) -> Self {
        let page = Page { after: None, limit: 1000 };
        let listed = jobs.catalog.list(JobFilter::default(), page).await.unwrap();
        let mut logs = Vec::new();
        for job in &listed {
            logs.push(jobs.feed.events(job.id, 0).await.unwrap());
        }
        let mut leased = jobs.queue.leased().await.unwrap();
        leased.sort_unstable_by_key(|held| held.job);
        // The entries of one call may be in any order among themselves.
        let mut trail = jobs.trail().await;
        trail.sort_by_cached_key(|entry| (entry.at, entry.action.clone(), entry.subject.clone()));
        Self {
            listed,
            logs,
            leased,
            queue: jobs.control.status(now).await.unwrap(),
            trail,
            expired: expired(jobs, now).await,
            old_keys: jobs.retention.count_keys(now).await.unwrap(),
        }
    }
}

/// By age and by count, of each state that jobs end in.
async fn expired(jobs: &Jobs, now: Timestamp) -> Vec<Vec<Backtest>> {
    let mut expired = Vec::new();
    for status in Status::ALL.into_iter().filter(|status| status.is_terminal()) {
        for (ended_before, keep_latest) in [(Some(now), None), (None, Some(1))] {
            let rule = RetentionRule { status, ended_before, keep_latest };
            expired.push(jobs.retention.expired(rule, 1000).await.unwrap());
        }
    }
    expired
}
