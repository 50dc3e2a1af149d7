//! The contract of `JobCatalog`.

use tapedeck_domain::id::BacktestId;
use tapedeck_domain::job::{JobKind, Status, Submission};
use tapedeck_domain::port::{JobFilter, Page};

use super::Jobs;
use super::on_jobs::fail;
use crate::builders::{id, job, new_job_of, sweep_submission, symbol};

impl Jobs {
    async fn page(&self, filter: JobFilter, after: Option<u64>, limit: usize) -> Vec<BacktestId> {
        let page = Page { after: after.map(id), limit };
        let listed = self.catalog.list(filter, page).await.unwrap();
        listed.into_iter().map(|job| job.id).collect()
    }

    /// The ids of all that match; `count` must agree.
    async fn matching(&self, filter: JobFilter) -> Vec<BacktestId> {
        let ids = self.page(filter.clone(), None, 1000).await;
        assert_eq!(self.catalog.count(filter).await.unwrap(), ids.len() as u64);
        ids
    }

    async fn submit_of(&self, n: u64, change: impl FnOnce(&mut Submission)) {
        self.store.submit(new_job_of(n, change)).await.unwrap();
    }
}

/// As they are by now, not as they were submitted.
pub async fn list_shows_jobs_newest_first(jobs: Jobs) {
    for n in 1..=3 {
        jobs.submitted(n).await;
    }
    let running = jobs.claimed(1).await;
    let listed = jobs.catalog.list(JobFilter::default(), Page { after: None, limit: 10 }).await;
    assert_eq!(listed.unwrap(), [job(3).0, job(2).0, running]);
}

/// And an empty list is an empty list.
pub async fn list_shows_at_most_the_limit(jobs: Jobs) {
    assert_eq!(jobs.matching(JobFilter::default()).await, []);
    for n in 1..=3 {
        jobs.submitted(n).await;
    }
    assert_eq!(jobs.page(JobFilter::default(), None, 2).await, [id(3), id(2)]);
    assert_eq!(jobs.page(JobFilter::default(), None, 0).await, []);
}

/// Page by page, each job once.
pub async fn list_goes_on_after_the_job_that_the_page_names(jobs: Jobs) {
    for n in 1..=5 {
        jobs.submitted(n).await;
    }
    let all = JobFilter::default;
    assert_eq!(jobs.page(all(), Some(5), 2).await, [id(4), id(3)]);
    assert_eq!(jobs.page(all(), Some(3), 2).await, [id(2), id(1)]);
    assert_eq!(jobs.page(all(), Some(1), 2).await, []);
}

/// Nor does a job that is gone: a page goes on where it was.
pub async fn jobs_that_are_added_meanwhile_shift_nothing(jobs: Jobs) {
    for n in 1..=4 {
        jobs.submitted(n).await;
    }
    assert_eq!(jobs.page(JobFilter::default(), None, 2).await, [id(4), id(3)]);
    jobs.submitted(5).await;
    jobs.delete(id(3), 1).await.unwrap();
    assert_eq!(jobs.page(JobFilter::default(), Some(3), 2).await, [id(2), id(1)]);
}

/// In every state.
pub async fn list_filters_by_status(jobs: Jobs) {
    jobs.running(1).await;
    jobs.running(2).await;
    jobs.submitted(3).await;
    jobs.apply(id(1), fail()).await;
    for (status, expected) in [
        (Status::Queued, vec![id(3)]),
        (Status::Running, vec![id(2)]),
        (Status::Failed, vec![id(1)]),
        (Status::Succeeded, vec![]),
    ] {
        let filter = JobFilter { status: Some(status), ..JobFilter::default() };
        assert_eq!(jobs.matching(filter).await, expected, "{status:?}");
    }
}

/// A sweep is a job like any other, but for lists.
pub async fn list_filters_by_kind(jobs: Jobs) {
    jobs.submitted(1).await;
    jobs.submit_of(2, |s| *s = sweep_submission(2)).await;
    jobs.submitted(3).await;
    let of = |kind| JobFilter { kind: Some(kind), ..JobFilter::default() };
    assert_eq!(jobs.matching(of(JobKind::Backtest)).await, [id(3), id(1)]);
    assert_eq!(jobs.matching(of(JobKind::Sweep)).await, [id(2)]);
    assert_eq!(jobs.matching(JobFilter::default()).await, [id(3), id(2), id(1)]);
    jobs.claimed(1).await;
    jobs.claimed(2).await;
    assert_eq!(jobs.matching(of(JobKind::Sweep)).await, [id(2)], "whatever its state");
}

/// What was asked for.
pub async fn list_filters_by_dataset_symbol_and_strategy(jobs: Jobs) {
    jobs.submit_of(1, |s| s.spec.dataset.id = "other-1d".parse().unwrap()).await;
    jobs.submit_of(2, |s| s.symbol = symbol("OTHER")).await;
    jobs.submit_of(3, |s| s.spec.strategy.id = "other".parse().unwrap()).await;
    let all = JobFilter::default;
    let dataset_id = Some("other-1d".parse().unwrap());
    assert_eq!(jobs.matching(JobFilter { dataset_id, ..all() }).await, [id(1)]);
    let symbol = Some(symbol("OTHER"));
    assert_eq!(jobs.matching(JobFilter { symbol, ..all() }).await, [id(2)]);
    let strategy_id = Some("other".parse().unwrap());
    assert_eq!(jobs.matching(JobFilter { strategy_id, ..all() }).await, [id(3)]);
}

/// A whole tag, one of several.
pub async fn list_filters_by_tag(jobs: Jobs) {
    jobs.submit_of(1, |s| s.tags = vec!["a".parse().unwrap(), "b".parse().unwrap()]).await;
    jobs.submit_of(2, |s| s.tags = vec!["ab".parse().unwrap()]).await;
    for (tag, expected) in [("a", vec![id(1)]), ("b", vec![id(1)]), ("A", vec![]), ("%", vec![])] {
        let filter = JobFilter { tag: Some(tag.parse().unwrap()), ..JobFilter::default() };
        assert_eq!(jobs.matching(filter).await, expected, "{tag}");
    }
}

/// Both ends are excluded.
pub async fn list_filters_by_the_moment_of_submission(jobs: Jobs) {
    for n in 1..=4 {
        jobs.submitted(n).await;
    }
    let at = |n| Some(job(n).0.created_at);
    let all = JobFilter::default;
    assert_eq!(jobs.matching(JobFilter { created_after: at(2), ..all() }).await, [id(4), id(3)]);
    assert_eq!(jobs.matching(JobFilter { created_before: at(2), ..all() }).await, [id(1)]);
    let between = JobFilter { created_after: at(1), created_before: at(4), ..all() };
    assert_eq!(jobs.matching(between).await, [id(3), id(2)]);
}

/// And a page of what is filtered goes on like any other.
pub async fn every_condition_of_a_filter_must_hold(jobs: Jobs) {
    for n in 1..=6 {
        let tag = if n % 2 == 0 { "even" } else { "odd" };
        jobs.submit_of(n, |s| s.tags = vec![tag.parse().unwrap()]).await;
    }
    jobs.claimed(1).await;
    let odd = Some("odd".parse().unwrap());
    let filter = JobFilter { tag: odd, status: Some(Status::Queued), ..JobFilter::default() };
    assert_eq!(jobs.matching(filter.clone()).await, [id(5), id(3)]);
    assert_eq!(jobs.page(filter, Some(5), 5).await, [id(3)]);
}

/// Pages do not matter to it.
pub async fn count_says_how_many_jobs_match(jobs: Jobs) {
    assert_eq!(jobs.count().await, 0);
    for n in 1..=3 {
        jobs.submitted(n).await;
    }
    assert_eq!(jobs.count().await, 3);
}
