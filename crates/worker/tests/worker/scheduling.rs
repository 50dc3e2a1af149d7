use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use tapedeck_application::{
    Conductor, Decider, ScheduleOptions, ScheduleSetup, ScheduledTask, Schedules, TaskEnd,
    TaskError,
};
use tapedeck_domain::port::{Clock, ScheduleStore as _};
use tapedeck_domain::schedule::{ScheduleName, ScheduleRun, Timetable};
use tapedeck_domain::time::{SECOND_NS, Timestamp};
use tapedeck_testkit::memory::{MemoryJobs, MemorySchedules};
use tapedeck_testkit::{FakeClock, SequentialIds, settle};
use tapedeck_worker::{ReapLostJobs, Scheduler};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::world::World;

const HOUR: Duration = Duration::from_secs(60 * 60);
const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);
const LEASE: Duration = Duration::from_secs(30);

/// A tick at each multiple of so many seconds.
struct Every(i64);

impl Timetable for Every {
    fn after(&self, moment: Timestamp) -> Option<Timestamp> {
        let step = self.0 * SECOND_NS;
        Some(Timestamp::from_nanos((moment.as_nanos().div_euclid(step) + 1) * step))
    }

    fn up_to(&self, moment: Timestamp) -> Option<Timestamp> {
        let step = self.0 * SECOND_NS;
        Some(Timestamp::from_nanos(moment.as_nanos().div_euclid(step) * step))
    }
}

/// Something that takes so long, and may end badly.
struct Work {
    takes: Duration,
    ends: fn() -> Result<TaskEnd, TaskError>,
    clock: Arc<FakeClock>,
    begun: AtomicU64,
}

#[async_trait]
impl ScheduledTask for Work {
    async fn run(&self) -> Result<TaskEnd, TaskError> {
        self.begun.fetch_add(1, Ordering::SeqCst);
        self.clock.sleep(self.takes).await;
        (self.ends)()
    }
}

fn done() -> Result<TaskEnd, TaskError> {
    Ok(TaskEnd::Done("done".to_owned()))
}

/// One schedule, of any number of processes.
struct Office {
    name: ScheduleName,
    clock: Arc<FakeClock>,
    ids: Arc<SequentialIds>,
    store: Arc<MemorySchedules>,
    options: ScheduleOptions,
    work: Arc<Work>,
    shutdown: CancellationToken,
}

impl Office {
    fn new(name: ScheduleName, every: i64) -> Self {
        Self::with(name, every, Duration::ZERO, done)
    }

    fn with(
        name: ScheduleName,
        every: i64,
        takes: Duration,
        ends: fn() -> Result<TaskEnd, TaskError>,
    ) -> Self {
        let clock = Arc::new(FakeClock::at("2024-01-01T00:00:30Z".parse().unwrap()));
        let ticks: (Arc<str>, Arc<dyn Timetable>) = ("each".into(), Arc::new(Every(every)));
        let setup = ScheduleSetup { name, ticks: Some(ticks), configured: true };
        let options = ScheduleOptions {
            setups: Arc::new([setup]),
            jitter: Duration::ZERO,
            timezone: "UTC".into(),
        };
        let work = Arc::new(Work { takes, ends, clock: clock.clone(), begun: AtomicU64::new(0) });
        let store = Arc::new(MemorySchedules::new(Arc::new(MemoryJobs::default())));
        let (ids, shutdown) = (Arc::default(), CancellationToken::new());
        Self { name, clock, ids, store, options, work, shutdown }
    }

    /// Starts one more process.
    fn open(&self) -> JoinHandle<()> {
        let (store, clock, ids) = (self.store.clone(), self.clock.clone(), self.ids.clone());
        let conductor = Conductor::new(store, clock.clone(), ids, self.options.clone());
        let tasks: HashMap<ScheduleName, Arc<dyn ScheduledTask>> =
            HashMap::from([(self.name, self.work.clone() as Arc<dyn ScheduledTask>)]);
        let scheduler = Scheduler { conductor, tasks, clock, lease: LEASE };
        tokio::spawn(scheduler.run(self.shutdown.clone()))
    }

    fn control(&self) -> Schedules {
        let (store, clock, ids) = (self.store.clone(), self.clock.clone(), self.ids.clone());
        Schedules::new(store, clock, ids, self.options.clone())
    }

    async fn pass(&self, time: Duration) {
        // Hours in larger steps, which no run of these tests goes on for.
        let step = if time < HOUR { 1 } else { 20 };
        for _ in 0..time.as_secs() / step {
            settle().await;
            self.clock.advance(Duration::from_secs(step));
        }
        settle().await;
    }

    async fn history(&self) -> Vec<ScheduleRun> {
        let runs = self.store.runs(self.name, None, 1000).await.unwrap();
        runs.into_iter().rev().map(|recorded| recorded.run).collect()
    }

    async fn statuses(&self) -> Vec<&'static str> {
        self.history().await.iter().map(ScheduleRun::status).collect()
    }

    async fn ticks(&self) -> Vec<String> {
        let tick = |run: &ScheduleRun| run.tick().map(|tick| tick.to_string());
        self.history().await.iter().filter_map(tick).collect()
    }

    fn begun(&self) -> u64 {
        self.work.begun.load(Ordering::SeqCst)
    }
}

#[tokio::test]
async fn of_several_processes_one_does_each_tick() {
    let office = Office::new(ScheduleName::Retention, 60);
    let processes: Vec<_> = (0..5).map(|_| office.open()).collect();
    office.pass(Duration::from_secs(200)).await;
    let expected = ["2024-01-01T00:01:00Z", "2024-01-01T00:02:00Z", "2024-01-01T00:03:00Z"];
    assert_eq!(office.ticks().await, expected);
    assert_eq!((office.begun(), office.statuses().await), (3, vec!["succeeded"; 3]));
    office.shutdown.cancel();
    for process in processes {
        process.await.unwrap();
    }
}

#[tokio::test]
async fn a_clock_that_is_set_back_repeats_no_tick() {
    let office = Office::new(ScheduleName::Retention, 3600);
    office.open();
    office.pass(2 * HOUR).await;
    assert_eq!(office.begun(), 2);
    let right = office.clock.now();
    office.clock.jump_to(right.minus(HOUR));
    office.pass(HOUR).await;
    assert_eq!(office.begun(), 2, "they have had their runs");
    office.pass(HOUR).await;
    assert_eq!(office.begun(), 3);
    office.clock.jump_to(right.minus(YEAR));
    office.pass(2 * HOUR).await;
    assert_eq!(office.begun(), 5, "it goes on in the year that the clock shows");
    office.clock.jump_to(right);
    office.pass(HOUR).await;
    let ticks = office.ticks().await;
    let distinct: std::collections::BTreeSet<_> = ticks.iter().collect();
    assert_eq!(distinct.len(), ticks.len(), "{ticks:?}");
}

#[tokio::test]
async fn a_clock_that_is_set_a_year_ahead_and_back_makes_one_run() {
    for (name, runs) in [(ScheduleName::Retention, 1), (ScheduleName::VerifySample, 0)] {
        let office = Office::new(name, 3600);
        office.open();
        office.pass(Duration::from_secs(5)).await;
        let right = office.clock.now();
        office.clock.jump_to(right.plus(YEAR).plus(Duration::from_secs(1200)));
        office.pass(Duration::from_secs(30)).await;
        assert_eq!(office.begun(), runs, "{name}");
        assert_eq!(office.history().await.len(), 1, "{name} is told of once");
        office.clock.jump_to(right);
        office.pass(Duration::from_secs(30)).await;
        assert_eq!(office.begun(), runs, "{name}");
        office.pass(2 * HOUR).await;
        assert_eq!(office.begun(), runs + 2, "{name} goes on");
    }
}

#[tokio::test]
async fn ticks_that_nobody_was_there_for_have_one_run_or_none() {
    for (name, status) in
        [(ScheduleName::AuditExport, "succeeded"), (ScheduleName::ReapLostJobs, "skipped_missed")]
    {
        let office = Office::new(name, 3600);
        let process = office.open();
        office.pass(Duration::from_secs(5)).await;
        office.shutdown.cancel();
        process.await.unwrap();
        office.clock.advance(10 * HOUR + Duration::from_secs(600));
        let office = Office { shutdown: CancellationToken::new(), ..office };
        office.open();
        office.pass(Duration::from_secs(30)).await;
        assert_eq!(office.statuses().await, [status], "{name}");
        assert_eq!(office.ticks().await, ["2024-01-01T10:00:00Z"]);
        let detail = office.history().await[0].detail.clone().unwrap();
        assert!(name == ScheduleName::AuditExport || detail.contains("01:00:00Z to"), "{detail}");
    }
}

#[tokio::test]
async fn a_tick_during_a_run_is_left_out_or_waits() {
    let long = Duration::from_secs(150);
    for (name, statuses) in [
        (ScheduleName::Retention, ["succeeded", "skipped_overlap", "skipped_overlap", "running"]),
        (ScheduleName::AuditExport, ["succeeded", "running", "skipped_overlap", "queued"]),
    ] {
        let office = Office::with(name, 60, long, done);
        office.open();
        office.open();
        office.pass(Duration::from_secs(215)).await;
        assert_eq!(office.statuses().await, statuses, "{name}");
    }
}

#[tokio::test]
async fn a_run_whose_process_is_gone_is_ended_and_the_next_tick_has_its_run() {
    let office = Office::with(ScheduleName::Retention, 60, 2 * HOUR, done);
    let process = office.open();
    office.pass(Duration::from_secs(40)).await;
    assert_eq!(office.statuses().await, ["running"]);
    process.abort();
    office.open();
    office.pass(LEASE / 2).await;
    assert_eq!(office.statuses().await, ["running"], "not yet");
    office.pass(LEASE).await;
    assert_eq!(office.statuses().await[0], "interrupted");
    office.pass(Duration::from_secs(60)).await;
    assert_eq!(office.statuses().await.last(), Some(&"running"));
    office.pass(HOUR / 2).await;
    assert_eq!(office.begun(), 2, "one that gives signs of life is not given up");
}

#[tokio::test]
async fn a_process_that_stops_says_that_its_run_was_interrupted() {
    let office = Office::with(ScheduleName::Retention, 60, HOUR, done);
    let process = office.open();
    office.pass(Duration::from_secs(40)).await;
    office.shutdown.cancel();
    process.await.unwrap();
    let history = office.history().await;
    assert_eq!(history[0].status(), "interrupted");
    assert_eq!(history[0].detail.as_deref(), Some("the process that ran it was stopped"));
}

#[tokio::test]
async fn each_way_to_end_is_told() {
    let failed = || Err(TaskError("no room".to_owned()));
    let alarm = || Ok(TaskEnd::Alarm("it differs".to_owned()));
    let panics = || panic!("a task that panics");
    type Ends = fn() -> Result<TaskEnd, TaskError>;
    let cases: [(Ends, &str, &str); 4] = [
        (done, "succeeded", "done"),
        (failed, "failed", "no room"),
        (alarm, "alarm", "it differs"),
        (panics, "failed", "it broke off: the log has the reason"),
    ];
    for (ends, status, detail) in cases {
        let office = Office::with(ScheduleName::VerifySample, 60, Duration::from_secs(3), ends);
        office.open();
        office.pass(Duration::from_secs(40)).await;
        let history = office.history().await;
        assert_eq!((history[0].status(), history[0].detail.as_deref()), (status, Some(detail)));
        assert_eq!(history[0].ended.unwrap().duration_ms, Some(3000));
    }
}

#[tokio::test]
async fn an_alarm_stays_until_somebody_acknowledges_it() {
    let alarm = || Ok(TaskEnd::Alarm("it differs".to_owned()));
    let office = Office::with(ScheduleName::VerifySample, 60, Duration::ZERO, alarm);
    office.open();
    office.pass(Duration::from_secs(100)).await;
    let (control, decider) = (office.control(), Decider::command_line());
    let first = office.history().await[0].clone();
    let view = control.find(office.name).await.unwrap();
    assert_eq!(view.state.alarm, Some(first), "the first of two");
    let view = control.acknowledge(office.name, decider).await.unwrap();
    assert_eq!(view.state.alarm, None);
}

#[tokio::test]
async fn a_request_has_a_run_in_some_process_and_waits_for_the_one_that_goes_on() {
    let office = Office::with(ScheduleName::Retention, 3600, Duration::from_secs(20), done);
    let (control, decider) = (office.control(), Decider::command_line());
    let asked = control.trigger(office.name, decider.clone()).await.unwrap();
    let again = control.trigger(office.name, decider.clone()).await.unwrap();
    assert_eq!((asked.id, asked.status()), (again.id, "queued"));
    office.open();
    office.open();
    office.pass(Duration::from_secs(5)).await;
    assert_eq!(office.statuses().await, ["running"]);
    let third = control.trigger(office.name, decider).await.unwrap();
    assert_ne!(third.id, asked.id);
    office.pass(Duration::from_secs(5)).await;
    assert_eq!(office.statuses().await, ["running", "queued"]);
    office.pass(Duration::from_secs(40)).await;
    assert_eq!(office.statuses().await, ["succeeded", "succeeded"]);
    assert_eq!(office.begun(), 2);
}

#[tokio::test]
async fn a_paused_schedule_has_no_ticks_and_does_not_make_up_for_them() {
    let office = Office::new(ScheduleName::Retention, 60);
    office.open();
    office.open();
    let (control, decider) = (office.control(), Decider::command_line());
    let paused = control.pause(office.name, decider.clone(), None).await.unwrap();
    assert_eq!(paused.next_at, None);
    office.pass(Duration::from_secs(300)).await;
    assert_eq!(office.begun(), 0);
    control.trigger(office.name, decider.clone()).await.unwrap();
    office.pass(Duration::from_secs(5)).await;
    assert_eq!(office.begun(), 1, "it can be asked for");
    control.resume(office.name, decider).await.unwrap();
    office.pass(Duration::from_secs(20)).await;
    assert_eq!(office.begun(), 1, "nothing is made up for");
    office.pass(Duration::from_secs(60)).await;
    assert_eq!(office.begun(), 2);
}

#[tokio::test]
async fn a_pass_over_the_leases_finds_the_lost_job() {
    let world = World::new([]);
    world.submit(1).await;
    world.claimed_elsewhere(7).await;
    let task = ReapLostJobs {
        queue: world.jobs.clone(),
        store: world.jobs.clone(),
        clock: world.clock.clone(),
        lease: LEASE,
        max_attempts: 5,
    };
    let pass = tokio::spawn(async move { task.run().await });
    world.seconds(40).await;
    let said = TaskEnd::Done("1 running jobs, 1 of them lost".to_owned());
    assert_eq!(pass.await.unwrap(), Ok(said));
}
