//! What a store must make of the rows that the previous build wrote, and of those that it writes
//! while servers are updated one after the other.
//!
//! The fixture is the dump that `crates/sqlite/tests/fixtures/README.md` tells of, migrated.

use tapedeck_domain::job::{JobEvent, JobState, LogBody, Status};
use tapedeck_domain::port::{Claim, JobFilter, Page, RetentionRule, SubmitError, Submitted};

use super::Jobs;
use super::on_jobs::{change, lose, now, progress};
use crate::builders::{day, id, idempotency, job, lease, new_job, plan, submission};

/// The jobs of the fixture, with their states.
const JOBS: [(u64, Status); 13] = [
    (1, Status::Running),
    (2, Status::Cancelling),
    (3, Status::Succeeded),
    (4, Status::Failed),
    (5, Status::Cancelled),
    (6, Status::TimedOut),
    (7, Status::Cancelled),
    (13, Status::Succeeded),
    (14, Status::Queued),
    (15, Status::Queued),
    (16, Status::Queued),
    (17, Status::Queued),
    (18, Status::Queued),
];

/// Statements of the previous build, which knows fewer columns: it adds the jobs 65 and 64 to the
/// queue, and job 1 fails. They are the same for all databases.
pub const BESIDE: &str = r#"
    INSERT INTO backtests (id, revision, status, state, submission, attempt, priority, lease_id,
        renewals, dedupe_key, dataset_id, symbol, strategy_id, created_at, last_seq, kind)
    SELECT '00000000-0000-7000-8000-000000000041', 1, 'queued',
        '{"v":1,"data":{"status":"queued"}}', submission, 0, 0, NULL, 0, NULL,
        dataset_id, symbol, strategy_id, created_at, 1, kind
        FROM backtests WHERE id = '00000000-0000-7000-8000-000000000012';
    INSERT INTO backtests (id, revision, status, state, submission, attempt, priority, lease_id,
        renewals, dedupe_key, dataset_id, symbol, strategy_id, created_at, last_seq, kind)
    SELECT '00000000-0000-7000-8000-000000000040', 1, 'queued',
        '{"v":1,"data":{"status":"queued"}}', submission, 0, 0, NULL, 0, NULL,
        dataset_id, symbol, strategy_id, created_at, 1, kind
        FROM backtests WHERE id = '00000000-0000-7000-8000-000000000012';
    INSERT INTO backtest_events (backtest_id, seq, at, body) VALUES
        ('00000000-0000-7000-8000-000000000041', 1, 1, '{"v":1,"data":{"event":"queued"}}'),
        ('00000000-0000-7000-8000-000000000040', 1, 1, '{"v":1,"data":{"event":"queued"}}'),
        ('00000000-0000-7000-8000-000000000001', 4, 1, '{"v":1,"data":{"event":"failed","failure":
            {"reason":"internal","detail":"broke","limit":null,"observed":null}}}');
    UPDATE backtests SET revision = 4, status = 'failed', attempt = 1, lease_id = NULL,
        last_seq = 4, state = '{"v":1,"data":{"status":"failed","started_at":1,
            "finished_at":2,"failure":{"reason":"internal","detail":"broke","limit":null,
            "observed":null},"partial":null}}'
        WHERE id = '00000000-0000-7000-8000-000000000001';
    UPDATE backtests SET dedupe_key = NULL
        WHERE id = '00000000-0000-7000-8000-000000000001';
"#;

impl Jobs {
    async fn claim_all(&self) -> Vec<u64> {
        let leases = (101..130).map(lease).collect();
        let claimed = self.queue.claim(Claim::new(leases, now())).await.unwrap();
        let numbers = claimed.into_iter().map(|job| (1..100).find(|n| id(*n) == job.id).unwrap());
        numbers.collect()
    }
}

/// With their logs, whatever state they are in.
pub async fn every_job_of_the_previous_build_can_be_read(jobs: Jobs) {
    assert_eq!(jobs.count().await, JOBS.len() as u64);
    for (n, status) in JOBS {
        let found = jobs.found(id(n)).await;
        assert_eq!((found.state.status(), found.created_at), (status, job(n).0.created_at));
        assert_eq!(found.submission.spec, submission(n).spec, "job {n}");
        let last = found.last_seq;
        assert_eq!(jobs.seqs(id(n)).await, (1..=last).collect::<Vec<_>>(), "job {n}");
        let first = &jobs.feed.events(id(n), 0).await.unwrap()[0];
        assert_eq!(first.body, LogBody::Queued { reason: None, retry_at: None });
    }
    assert_eq!(jobs.found(id(16)).await.submission.sweep, Some(plan()));
    assert_eq!(jobs.trail().await, []);
}

/// By the filters of lists, too.
pub async fn jobs_of_the_previous_build_are_found_by_what_they_were(jobs: Jobs) {
    let page = Page { after: None, limit: 100 };
    let tag = Some("b/c".parse().unwrap());
    let tagged = jobs.catalog.list(JobFilter { tag, ..JobFilter::default() }, page).await.unwrap();
    assert_eq!(tagged.iter().map(|job| job.id).collect::<Vec<_>>(), [id(17)]);
    for status in Status::ALL {
        let filter = JobFilter { status: Some(status), ..JobFilter::default() };
        let expected = JOBS.iter().filter(|(_, its)| *its == status).count();
        assert_eq!(jobs.catalog.count(filter).await.unwrap(), expected as u64, "{status:?}");
    }
}

/// By somebody of whom only the request is known.
pub async fn cancellations_of_the_previous_build_keep_their_request(jobs: Jobs) {
    for n in [2, 5, 7] {
        let state = jobs.found(id(n)).await.state;
        let (JobState::Cancelling { requested, .. } | JobState::Cancelled { requested, .. }) =
            state
        else {
            unreachable!("its end was asked for")
        };
        assert_eq!(requested.request_id.to_string(), format!("cancel-{n}"));
        assert_eq!(requested.by.as_str(), "anonymous");
    }
}

/// Interactive before batch, then by age.
pub async fn jobs_that_waited_are_claimed_in_their_old_order(jobs: Jobs) {
    jobs.submitted(30).await;
    assert_eq!(jobs.claim_all().await, [14, 16, 17, 18, 30, 15]);
    assert_eq!(jobs.found(id(14)).await.attempt, 2, "it had been started before");
}

/// Their leases are known, with their signs of life, and can be renewed and taken away.
pub async fn jobs_that_ran_can_be_finished_or_reaped(jobs: Jobs) {
    let mut leased = jobs.queue.leased().await.unwrap();
    leased.sort_unstable_by_key(|held| held.job);
    let held: Vec<_> = leased.iter().map(|held| (held.job, held.lease, held.renewals)).collect();
    assert_eq!(held, [(id(1), lease(1).id, 2), (id(2), lease(2).id, 1)]);
    assert_eq!(jobs.queue.renew(vec![lease(1).id]).await.unwrap(), [lease(1).id]);
    jobs.apply(id(1), progress(4)).await;
    let requeued = jobs.apply(id(1), lose(5)).await;
    assert_eq!(requeued.state.status(), Status::Queued);
    assert_eq!(jobs.claim_all().await[0], 1, "in its old place");
    let cancelled = jobs.apply(id(2), lose(5)).await;
    assert_eq!(cancelled.state.status(), Status::Cancelled);
}

/// As if the server had never been changed.
pub async fn keys_of_the_previous_build_are_known(jobs: Jobs) {
    for n in [13, 17] {
        let repeated = |body: &str| {
            let mut new = new_job(40);
            new.idempotency = Some(idempotency(&format!("key-{n}"), &format!("{body}-{n}")));
            new
        };
        let again = jobs.store.submit(repeated("body")).await.unwrap();
        assert!(matches!(&again, Submitted::Replayed(job) if job.id == id(n)), "{again:?}");
        let other = jobs.store.submit(repeated("other")).await;
        assert!(matches!(other, Err(SubmitError::IdempotencyConflict)), "{other:?}");
    }
    assert_eq!(jobs.retention.count_keys(day(99)).await.unwrap(), 2);
}

/// Those that wait, run or have succeeded; none of the others.
pub async fn equal_requests_share_the_jobs_of_the_previous_build(jobs: Jobs) {
    for (n, shared) in [(1, true), (3, true), (4, false), (5, false), (17, true), (18, false)] {
        let mut new = new_job(40 + n);
        new.job.submission = submission(n);
        let submitted = jobs.store.submit(new).await.unwrap();
        let expected = if shared { id(n) } else { id(40 + n) };
        assert_eq!(submitted.job().id, expected, "{submitted:?}");
    }
}

/// From the moment of their submission on, which is what is known in a column.
pub async fn jobs_that_ended_under_the_previous_build_expire(jobs: Jobs) {
    for status in Status::ALL.into_iter().filter(|status| status.is_terminal()) {
        let rule = RetentionRule { status, ended_before: Some(now()), keep_latest: None };
        let expired = jobs.retention.expired(rule, 100).await.unwrap();
        let expected: Vec<_> =
            JOBS.iter().filter(|(_, its)| *its == status).map(|(n, _)| id(*n)).collect();
        assert_eq!(expired.iter().map(|job| job.id).collect::<Vec<_>>(), expected, "{status:?}");
    }
}

impl Jobs {
    /// After [`BESIDE`]: its jobs are read, claimed and kept like any other, and it can read what
    /// this build made of them.
    pub async fn go_on_beside_the_previous_build(&self) {
        let jobs = self;
        let failed = jobs.found(id(1)).await;
        assert_eq!(failed.state.status(), Status::Failed);
        let rule =
            RetentionRule { status: Status::Failed, ended_before: Some(now()), keep_latest: None };
        let expired = jobs.retention.expired(rule, 100).await.unwrap();
        assert_eq!(expired.iter().map(|job| job.id).collect::<Vec<_>>(), [id(1), id(4)]);

        jobs.submitted(50).await;
        let mut claimed = jobs.claim_all().await;
        let queued = jobs.found(id(64)).await;
        assert_eq!(queued.state.status(), Status::Running);
        claimed.sort_unstable();
        assert_eq!(claimed, [14, 15, 16, 17, 18, 50, 64, 65]);
        let event = JobEvent::Snooze { retry_at: now(), why: "no room".to_owned() };
        jobs.commit(change(&queued, event)).await.unwrap();
        assert_eq!(jobs.claim_all().await, [64]);
        assert_eq!(jobs.seqs(id(64)).await, [1, 2, 3, 4, 5]);
    }
}
