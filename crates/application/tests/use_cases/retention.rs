use std::sync::Arc;
use std::time::Duration;

use tapedeck_application::{
    Occasion, Orphans, Removed, Retain, Retention, RetentionPolicy, RetentionPorts,
};
use tapedeck_domain::actor::Actor;
use tapedeck_domain::job::{Backtest, JobEvent, Outcome, ReportRef, Status, transition};
use tapedeck_domain::manifest::Manifest;
use tapedeck_domain::port::{
    AuditFilter, AuditLog as _, Claim, Clock as _, JobQueue as _, JobStore as _, NewJob,
    ReportStore as _, SweepStore as _,
};
use tapedeck_testkit::builders::{
    day, id, idempotency, lease, manifest, new_job, new_job_of, partial_report, report,
    sweep_report, sweep_submission,
};

use crate::world::World;

const DAY: Duration = Duration::from_secs(86_400);

/// Jobs that succeeded are kept for ten days, and keys for one.
fn ten_days() -> RetentionPolicy {
    let jobs = vec![Retain { status: Status::Succeeded, age: Some(10 * DAY) }];
    RetentionPolicy { jobs, keep_latest: None, keys: DAY }
}

fn latest(n: u64) -> RetentionPolicy {
    let jobs = [Status::Succeeded, Status::Cancelled].map(|status| Retain { status, age: None });
    RetentionPolicy { jobs: jobs.into(), keep_latest: Some(n), keys: DAY }
}

fn asked() -> Occasion {
    Occasion::Asked(Actor::command_line(), None)
}

impl World {
    fn retention(&self, policy: RetentionPolicy) -> Retention {
        let ports = RetentionPorts {
            jobs: self.store.clone(),
            expiry: self.jobs.clone(),
            audit: self.jobs.clone(),
            artifacts: self.artifacts.clone(),
            clock: self.clock.clone(),
        };
        Retention::new(ports, policy)
    }

    async fn running(&self, new: NewJob) -> Backtest {
        let id = new.job.id;
        self.jobs.submit(new).await.unwrap();
        let lease = lease(u64::try_from(id.as_uuid().as_u128() & 0xffff).unwrap());
        let claimed = self.jobs.claim(Claim::new(vec![lease], self.clock.now())).await.unwrap();
        assert_eq!(claimed[0].id, id);
        claimed[0].clone()
    }

    async fn keep(&self, job: &Backtest) -> ReportRef {
        match job.submission.sweep {
            Some(_) => self.sweeps.put(job.id, &sweep_report(2)).await.unwrap(),
            None => self.reports.put(job.id, &manifest(job), &report()).await.unwrap(),
        }
    }

    async fn commit(&self, job: &Backtest, event: JobEvent) {
        let change = transition(job, event, self.clock.now()).unwrap();
        assert_eq!(self.jobs.commit(vec![change]).await.unwrap(), [Ok(())]);
    }

    /// A job that succeeds now, with its artifact.
    async fn succeeded(&self, new: NewJob) -> ReportRef {
        let job = self.running(new).await;
        let report = self.keep(&job).await;
        let outcome = Outcome { report: report.clone(), headline: None, usage: None };
        self.commit(&job, JobEvent::Succeed(outcome)).await;
        report
    }

    /// The jobs 1 to `n`, a day apart.
    async fn one_a_day(&self, n: u64) {
        for n in 1..=n {
            self.succeeded(new_job(n)).await;
            self.clock.advance(DAY);
        }
    }

    async fn is_there(&self, n: u64) -> bool {
        self.jobs.find(id(n)).await.unwrap().is_some()
    }

    /// Every row that names an artifact has it.
    async fn no_row_points_to_nothing(&self, jobs: u64) {
        for n in 1..=jobs {
            let Some(job) = self.jobs.find(id(n)).await.unwrap() else { continue };
            let Some(report) = job.state.report() else { continue };
            let found = self.reports.open(report).await.unwrap().is_some()
                || self.sweeps.open(report).await.unwrap().is_some();
            assert!(found, "{n} lost its artifact");
        }
    }

    fn artifacts_left(&self) -> usize {
        self.reports.count() + self.sweeps.count()
    }
}

#[tokio::test]
async fn what_is_older_than_the_policy_says_goes_with_its_artifacts() {
    let world = World::new();
    let retention = world.retention(ten_days());
    world.one_a_day(15).await;
    let plan = retention.plan().await.unwrap();
    assert_eq!((plan.states[0].by_age, plan.states[0].by_count, plan.states[0].expired), (5, 0, 5));
    assert_eq!(world.artifacts_left(), 15, "a plan changes nothing");
    let removed = retention.apply(&asked()).await.unwrap();
    let expected = Removed { jobs: [("succeeded", 5)].into(), artifacts: 5, ..Removed::default() };
    assert_eq!(removed, expected);
    assert!(!world.is_there(5).await);
    assert!(world.is_there(6).await, "ten days to the moment are not more than ten days");
    assert_eq!(world.artifacts_left(), 10);
    assert_eq!(retention.apply(&asked()).await.unwrap(), Removed::default());
}

#[tokio::test]
async fn of_each_final_state_the_latest_stay() {
    let world = World::new();
    let retention = world.retention(latest(2));
    world.one_a_day(4).await;
    for n in 5..=7 {
        world.jobs.submit(new_job(n)).await.unwrap();
        let job = world.jobs.find(id(n)).await.unwrap().unwrap();
        world.commit(&job, world.wish()).await;
        world.clock.advance(DAY);
    }
    let plan = retention.plan().await.unwrap();
    let counts: Vec<_> =
        plan.states.iter().map(|state| (state.rule.status, state.by_count)).collect();
    assert_eq!(counts, [(Status::Succeeded, 2), (Status::Cancelled, 1)]);
    let removed = retention.apply(&asked()).await.unwrap();
    assert_eq!(removed.jobs, [("cancelled", 1), ("succeeded", 2)].into());
    for (n, stays) in [(2, false), (3, true), (4, true), (5, false), (6, true), (7, true)] {
        assert_eq!(world.is_there(n).await, stays, "{n}");
    }
}

#[tokio::test]
async fn sweeps_go_as_backtests_do_and_each_removal_is_in_the_audit_trail() {
    let world = World::new();
    let retention = world.retention(latest(0));
    world.succeeded(new_job(1)).await;
    world.succeeded(new_job_of(2, |submission| *submission = sweep_submission(2))).await;
    assert_eq!(retention.apply(&Occasion::Unattended).await.unwrap().artifacts, 2);
    assert_eq!(world.artifacts_left(), 0);
    let trail = world.jobs.list(AuditFilter::default(), None, 9).await.unwrap();
    let entries = trail.iter().map(|audited| {
        let entry = &audited.entry;
        (entry.actor.as_str(), entry.action.as_str(), entry.subject.clone())
    });
    let mut entries: Vec<_> = entries.collect();
    entries.sort_unstable();
    assert_eq!(
        entries,
        [
            ("system:retention", "backtest.delete", format!("backtests/{}", id(1))),
            ("system:retention", "sweep.delete", format!("sweeps/{}", id(2))),
        ]
    );
}

#[tokio::test]
async fn what_has_not_ended_stays_for_ever() {
    let world = World::new();
    let retention = world.retention(latest(0));
    let job = world.running(new_job(1)).await;
    world.keep(&job).await;
    world.jobs.submit(new_job(2)).await.unwrap();
    world.clock.advance(1000 * DAY);
    assert_eq!(retention.apply(&asked()).await.unwrap(), Removed::default());
    assert_eq!(world.artifacts_left(), 1, "its worker may be about to commit it");
}

#[tokio::test]
async fn keys_are_forgotten_by_their_age() {
    let world = World::new();
    let retention = world.retention(latest(9));
    let key = Some(idempotency("a", "body"));
    let repeated = || NewJob { idempotency: key.clone(), ..new_job(1) };
    world.jobs.submit(repeated()).await.unwrap();
    assert_eq!(retention.plan().await.unwrap().keys, 0);
    world.clock.advance(2 * DAY);
    assert_eq!(retention.plan().await.unwrap().keys, 1);
    assert_eq!(retention.apply(&asked()).await.unwrap().keys, 1);
    assert!(world.is_there(1).await, "the job stays");
}

#[tokio::test]
async fn a_pass_that_breaks_off_anywhere_leaves_only_what_the_next_one_removes() {
    for broken in 1..=8 {
        let world = World::new();
        let retention = world.retention(latest(1));
        world.one_a_day(4).await;
        world.artifacts.fail_removals(broken % 4);
        if broken > 4 {
            world.store.fail_next(1);
        }
        let _ = retention.apply(&Occasion::Unattended).await;
        world.no_row_points_to_nothing(4).await;
        retention.apply(&Occasion::Unattended).await.unwrap();
        world.no_row_points_to_nothing(4).await;
        assert!(world.is_there(4).await);
        assert_eq!(world.artifacts_left(), 1, "broken off at {broken}");
    }
}

#[tokio::test]
async fn an_artifact_that_its_job_does_not_name_is_an_orphan_once_the_job_has_ended() {
    let world = World::new();
    let retention = world.retention(latest(9));
    let job = world.running(new_job(1)).await;
    // A worker that was lost had put this one.
    let lost = Manifest { created_at: day(9), ..manifest(&job) };
    world.reports.put(id(1), &lost, &partial_report(2)).await.unwrap();
    let unattended = Occasion::Unattended;
    assert_eq!(retention.apply(&unattended).await.unwrap(), Removed::default());
    let kept = world.keep(&job).await;
    let outcome = Outcome { report: kept.clone(), headline: None, usage: None };
    world.commit(&job, JobEvent::Succeed(outcome)).await;
    let superseded = Orphans { superseded: 1, ..Orphans::default() };
    assert_eq!(retention.plan().await.unwrap().orphans, superseded);
    assert_eq!(retention.apply(&unattended).await.unwrap().orphans, superseded);
    assert!(world.reports.open(&kept).await.unwrap().is_some());
    assert_eq!(world.artifacts_left(), 1);
}

#[tokio::test]
async fn artifacts_of_jobs_that_the_database_never_had_go_only_when_somebody_asks() {
    let world = World::new();
    let retention = world.retention(latest(9));
    let (stranger, _) = tapedeck_testkit::builders::job(7);
    world.keep(&stranger).await;
    let unknown = Orphans { of_unknown_jobs: 1, ..Orphans::default() };
    assert_eq!(retention.plan().await.unwrap().orphans, unknown);
    retention.apply(&Occasion::Unattended).await.unwrap();
    assert_eq!(world.artifacts_left(), 1, "this may be the wrong database");
    assert_eq!(retention.apply(&asked()).await.unwrap().orphans, unknown);
    assert_eq!(world.artifacts_left(), 0);
}

#[tokio::test]
async fn a_clock_that_jumps_makes_nothing_old() {
    let world = World::new();
    let retention = world.retention(ten_days());
    let key = Some(idempotency("a", "body"));
    world.succeeded(NewJob { idempotency: key, ..new_job(1) }).await;
    let before = world.clock.now();
    world.clock.jump_to(before.plus(365 * DAY));
    let plan = retention.plan().await.unwrap();
    assert!(plan.clock_jumped);
    assert_eq!((plan.states.len(), plan.keys), (0, 0));
    assert_eq!(retention.apply(&asked()).await.unwrap(), Removed::default());
    world.clock.jump_to(before.minus(365 * DAY));
    assert!(retention.plan().await.unwrap().clock_jumped);
    // Set right again, it is believed again.
    world.clock.jump_to(before.plus(Duration::from_secs(60)));
    assert!(!retention.plan().await.unwrap().clock_jumped);
    world.clock.advance(20 * DAY);
    assert_eq!(retention.apply(&asked()).await.unwrap().all_jobs(), 1);
}

#[tokio::test]
async fn by_count_jobs_go_whatever_the_clock_says() {
    let world = World::new();
    let retention = world.retention(latest(1));
    world.one_a_day(3).await;
    world.clock.jump_to(day(1000));
    assert_eq!(retention.apply(&asked()).await.unwrap().all_jobs(), 2);
}

#[tokio::test]
async fn more_than_one_batch_is_removed() {
    let world = World::new();
    let retention = world.retention(latest(3));
    for n in 1..=603 {
        world.succeeded(new_job(n)).await;
        world.clock.advance(Duration::from_secs(1));
    }
    assert_eq!(retention.apply(&asked()).await.unwrap().all_jobs(), 600);
    assert_eq!(world.artifacts_left(), 3);
}

#[tokio::test]
async fn two_passes_at_once_do_no_harm() {
    let world = Arc::new(World::new());
    let (one, other) = (world.retention(latest(5)), world.retention(latest(5)));
    world.one_a_day(40).await;
    let (asked, unattended) = (asked(), Occasion::Unattended);
    let (one, other) = tokio::join!(one.apply(&asked), other.apply(&unattended));
    assert_eq!(one.unwrap().all_jobs() + other.unwrap().all_jobs(), 35);
    assert_eq!(world.artifacts_left(), 5);
    world.no_row_points_to_nothing(40).await;
}
