//! The contract of `ScheduleStore`.

use std::sync::Arc;

use tapedeck_domain::audit::AuditEntry;
use tapedeck_domain::id::{ScheduleRunId, WorkerId};
use tapedeck_domain::port::{AuditFilter, KEPT_RUNS, ScheduleConflict};
use tapedeck_domain::schedule::{
    Cause, Ended, Outcome, ScheduleChange, ScheduleName, ScheduleRun, ScheduleState,
};
use tapedeck_domain::time::{SECOND_NS, Timestamp};

use super::Schedules;
use super::on_jobs::{decision, now, pause};
use crate::ids::nth_id;

const NAME: ScheduleName = ScheduleName::Retention;

fn tick(n: u64) -> Timestamp {
    now().saturating_add_nanos(n as i64 * SECOND_NS)
}

fn run_id(n: u64) -> ScheduleRunId {
    ScheduleRunId::from_uuid(nth_id(n))
}

fn worker() -> WorkerId {
    WorkerId::from_uuid(nth_id(77))
}

fn run(n: u64) -> ScheduleRun {
    ScheduleRun::new(run_id(n), NAME, Cause::Tick(tick(n)), now())
}

fn ended(outcome: Outcome) -> Ended {
    Ended { at: tick(500), duration_ms: Some(7), outcome }
}

/// Begins the `n`-th run.
fn begin(state: &ScheduleState, n: u64) -> ScheduleChange {
    state.begun(run(n), tick(n), worker(), tick(n))
}

impl Schedules {
    async fn commit(&self, change: ScheduleChange) -> Result<(), ScheduleConflict> {
        self.store.commit(change).await.unwrap()
    }

    async fn added(&self) -> ScheduleState {
        self.commit(ScheduleState::new(NAME, now()).added()).await.unwrap();
        self.state().await
    }

    async fn state(&self) -> ScheduleState {
        let stored = self.store.list().await.unwrap();
        stored.into_iter().find(|stored| stored.state.name == NAME).unwrap().state
    }

    async fn beats(&self) -> u64 {
        self.store.list().await.unwrap()[0].beats
    }

    async fn history(&self) -> Vec<ScheduleRun> {
        let runs = self.store.runs(NAME, None, 5000).await.unwrap();
        runs.into_iter().map(|recorded| recorded.run).collect()
    }

    async fn trail(&self) -> Vec<AuditEntry> {
        let entries = self.audit.list(AuditFilter::default(), None, 100).await.unwrap();
        entries.into_iter().map(|audited| audited.entry).collect()
    }
}

/// Before anything was added, none.
pub async fn list_gives_all_schedules_by_name(schedules: Schedules) {
    assert_eq!(schedules.store.list().await.unwrap(), []);
    for name in ScheduleName::ALL.into_iter().rev() {
        schedules.commit(ScheduleState::new(name, now()).added()).await.unwrap();
    }
    let stored = schedules.store.list().await.unwrap();
    let names: Vec<_> = stored.into_iter().map(|stored| stored.state.name).collect();
    assert_eq!(names, ScheduleName::ALL);
}

/// Whatever has happened to it.
pub async fn a_schedule_comes_back_as_it_was(schedules: Schedules) {
    let new = schedules.added().await;
    assert_eq!(new, ScheduleState::new(NAME, now()));
    let asked = Cause::Asked { by: "key:ann".parse().unwrap(), request_id: "r-1".parse().ok() };
    let mut change = begin(&new, 1);
    change.next.pause = Some(pause("quotes ' \" and ünïcode"));
    change.next.queued = Some(run(2));
    change.next.asked = Some(ScheduleRun { cause: asked, ..run(3) });
    change.next.alarm = Some(run(4));
    schedules.commit(change.clone()).await.unwrap();
    assert_eq!(schedules.state().await, change.next);
}

/// Of two that were made of one state, the second is.
pub async fn a_change_of_another_revision_is_refused_whole(schedules: Schedules) {
    let new = schedules.added().await;
    schedules.commit(begin(&new, 1)).await.unwrap();
    let before = schedules.state().await;
    let late = new.paused(Some(pause("late")), decision("schedule.pause"));
    assert_eq!(schedules.commit(late).await, Err(ScheduleConflict::Changed));
    assert_eq!(schedules.commit(begin(&new, 2)).await, Err(ScheduleConflict::Changed));
    assert_eq!(schedules.state().await, before);
    assert_eq!((schedules.history().await.len(), schedules.trail().await.len()), (1, 0));
}

/// Nor does it take the place of the one that is there.
pub async fn a_schedule_that_is_there_is_not_added_again(schedules: Schedules) {
    let new = schedules.added().await;
    schedules.commit(begin(&new, 1)).await.unwrap();
    let again = ScheduleState::new(NAME, tick(9)).added();
    assert_eq!(schedules.commit(again).await, Err(ScheduleConflict::Changed));
    assert!(schedules.state().await.running.is_some());
    let missing = ScheduleState::new(ScheduleName::AuditExport, now());
    assert_eq!(schedules.commit(missing.moved(tick(1))).await, Err(ScheduleConflict::Changed));
}

/// Even if the schedule's state was set back; and nothing of the change is applied.
pub async fn a_tick_has_one_run_whatever_the_clock_does(schedules: Schedules) {
    let new = schedules.added().await;
    schedules.commit(begin(&new, 1)).await.unwrap();
    let state = schedules.state().await;
    let over = state.finished(run_id(1), ended(Outcome::Succeeded), None).unwrap();
    schedules.commit(over).await.unwrap();
    schedules.commit(schedules.state().await.moved(now())).await.unwrap();
    let before = schedules.state().await;
    let again = ScheduleRun { id: run_id(2), ..run(1) };
    let change = before.begun(again, tick(1), worker(), tick(1));
    assert_eq!(schedules.commit(change).await, Err(ScheduleConflict::TickTaken));
    assert_eq!(schedules.state().await, before);
    assert_eq!(schedules.history().await.len(), 1);
}

/// As the next one.
pub async fn the_same_tick_of_another_schedule_is_another_tick(schedules: Schedules) {
    let new = schedules.added().await;
    schedules.commit(begin(&new, 1)).await.unwrap();
    let other = ScheduleState::new(ScheduleName::AuditExport, now());
    schedules.commit(other.clone().added()).await.unwrap();
    let run = ScheduleRun { id: run_id(2), schedule: other.name, ..run(1) };
    schedules.commit(other.begun(run, tick(1), worker(), tick(1))).await.unwrap();
    assert_eq!(schedules.history().await.len(), 1);
}

/// They have no tick.
pub async fn runs_that_were_asked_for_do_not_exclude_one_another(schedules: Schedules) {
    let mut state = schedules.added().await;
    for n in 1..=3 {
        let cause = Cause::Asked { by: "cli".parse().unwrap(), request_id: None };
        let asked = ScheduleRun { cause, ..run(n) };
        schedules.commit(state.asked(asked, decision("schedule.trigger"))).await.unwrap();
        state = schedules.state().await;
        state.asked = None;
    }
    assert_eq!(schedules.history().await.len(), 3);
}

/// With what became of each.
pub async fn the_history_has_runs_newest_first_as_they_are_now(schedules: Schedules) {
    let mut state = schedules.added().await;
    for (n, outcome) in [(1, Outcome::Succeeded), (2, Outcome::Failed), (3, Outcome::Alarm)] {
        schedules.commit(begin(&state, n)).await.unwrap();
        state = schedules.state().await;
        assert_eq!(schedules.history().await[0].status(), "running");
        let detail = Some(format!("what run {n} said"));
        let over = state.finished(run_id(n), ended(outcome), detail).unwrap();
        schedules.commit(over).await.unwrap();
        state = schedules.state().await;
    }
    let history = schedules.history().await;
    let said: Vec<_> = history.iter().map(|run| (run.status(), run.detail.as_deref())).collect();
    let expected = [
        ("alarm", "what run 3 said"),
        ("failed", "what run 2 said"),
        ("succeeded", "what run 1 said"),
    ];
    assert_eq!(said, expected.map(|(status, detail)| (status, Some(detail))));
    assert_eq!(state.alarm.as_ref(), history.first());
}

/// And goes on before a run.
pub async fn the_history_keeps_to_its_limit(schedules: Schedules) {
    let mut state = schedules.added().await;
    for n in 1..=5 {
        let skip = state.skipped(run(n), tick(n), Outcome::SkippedMissed, "gone".to_owned());
        schedules.commit(skip).await.unwrap();
        state = schedules.state().await;
    }
    let first = schedules.store.runs(NAME, None, 2).await.unwrap();
    let ids = |page: &[tapedeck_domain::port::RecordedRun]| -> Vec<_> {
        page.iter().map(|recorded| recorded.run.id).collect()
    };
    assert_eq!(ids(&first), [run_id(5), run_id(4)]);
    let second = schedules.store.runs(NAME, Some(first[1].seq), 2).await.unwrap();
    assert_eq!(ids(&second), [run_id(3), run_id(2)]);
    let other = schedules.store.runs(ScheduleName::AuditExport, None, 2).await.unwrap();
    assert_eq!(other, []);
}

/// Of one schedule, those of others stay.
pub async fn of_the_history_the_latest_runs_stay(schedules: Schedules) {
    let mut change = schedules.added().await.moved(now());
    change.runs = (1..=KEPT_RUNS as u64 + 3).map(run).collect();
    schedules.commit(change).await.unwrap();
    let history = schedules.history().await;
    assert_eq!(history.len(), KEPT_RUNS);
    assert_eq!(history.last().unwrap().id, run_id(4));
}

/// And of no other run.
pub async fn beat_counts_signs_of_life_of_the_run_that_goes_on(schedules: Schedules) {
    let new = schedules.added().await;
    assert!(!schedules.store.beat(NAME, run_id(1)).await.unwrap(), "nothing runs");
    schedules.commit(begin(&new, 1)).await.unwrap();
    let state = schedules.state().await;
    let before = schedules.beats().await;
    assert!(schedules.store.beat(NAME, run_id(1)).await.unwrap());
    assert!(!schedules.store.beat(NAME, run_id(2)).await.unwrap(), "another run");
    assert_eq!(schedules.beats().await, before + 1);
    assert_eq!(schedules.state().await, state, "the revision stays");
    let paused = state.paused(Some(pause("later")), decision("schedule.pause"));
    schedules.commit(paused).await.unwrap();
    assert_eq!(schedules.beats().await, before + 1, "a change is no sign of life");
    let state = schedules.state().await;
    let over = state.finished(run_id(1), ended(Outcome::Failed), None).unwrap();
    schedules.commit(over).await.unwrap();
    assert!(!schedules.store.beat(NAME, run_id(1)).await.unwrap(), "it is over");
}

/// In the same transaction.
pub async fn a_decision_about_a_schedule_is_in_the_trail(schedules: Schedules) {
    let new = schedules.added().await;
    assert_eq!(schedules.trail().await, []);
    let paused = new.paused(Some(pause("why")), decision("schedule.pause"));
    schedules.commit(paused.clone()).await.unwrap();
    assert_eq!(schedules.commit(paused).await, Err(ScheduleConflict::Changed));
    assert_eq!(schedules.trail().await, [decision("schedule.pause")]);
}

/// Each of them wants to begin every tick.
pub async fn of_processes_that_begin_a_tick_at_the_same_moment_one_does(schedules: Schedules) {
    schedules.added().await;
    let schedules = Arc::new(schedules);
    for n in 1..=20 {
        let claim = |claimer: u64| {
            let schedules = Arc::clone(&schedules);
            tokio::spawn(async move {
                let state = schedules.state().await;
                if state.since >= tick(n) {
                    return 0;
                }
                let run = ScheduleRun { id: run_id(n * 100 + claimer), ..run(n) };
                let change = state.begun(run, tick(n), worker(), tick(n));
                u64::from(schedules.commit(change).await.is_ok())
            })
        };
        let claimers: Vec<_> = (0..8).map(claim).collect();
        let mut begun = 0;
        for claimer in claimers {
            begun += claimer.await.unwrap();
        }
        assert_eq!(begun, 1, "tick {n}");
    }
    assert_eq!(schedules.history().await.len(), 20);
}
