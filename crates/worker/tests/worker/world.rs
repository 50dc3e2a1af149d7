use std::sync::Arc;
use std::time::Duration;

use tapedeck_application::RunOne;
use tapedeck_domain::job::{Backtest, JobEvent, JobState, Priority, Status, transition};
use tapedeck_domain::port::{
    BacktestRunner, Claim, Clock as _, JobCatalog as _, JobFilter, JobQueue, JobStore, SweepRunner,
};
use tapedeck_testkit::builders::{build, id, lease, new_job_of};
use tapedeck_testkit::memory::{MemoryJobs, MemoryReports, MemorySweeps};
use tapedeck_testkit::{FakeClock, Script, ScriptedRunner, SequentialIds, drive, settle};
use tapedeck_worker::{Pulse, Worker, WorkerOptions};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::stoppable::Stoppable;

/// How long a lease may stand still.
pub(crate) const LEASE: Duration = Duration::from_secs(40);

pub(crate) struct World {
    pub(crate) clock: Arc<FakeClock>,
    pub(crate) jobs: Arc<MemoryJobs>,
    pub(crate) reports: Arc<MemoryReports>,
    pub(crate) runner: Arc<ScriptedRunner>,
    pub(crate) ids: Arc<SequentialIds>,
    pub(crate) shutdown: CancellationToken,
    pub(crate) options: WorkerOptions,
    pub(crate) pulse: Pulse,
}

/// Of a worker that gives jobs up after two attempts.
const OPTIONS: WorkerOptions = WorkerOptions {
    max_concurrent: 1,
    lease: LEASE,
    max_attempts: 2,
    limits: tapedeck_domain::port::ClaimLimits { running: None, per_strategy: None },
    drain: Duration::ZERO,
};

impl World {
    pub(crate) fn new(scripts: impl IntoIterator<Item = Script>) -> Self {
        let clock = Arc::new(FakeClock::default());
        let runner = Arc::new(ScriptedRunner::new(clock.clone(), scripts));
        Self {
            clock,
            jobs: Arc::default(),
            reports: Arc::default(),
            runner,
            ids: Arc::default(),
            shutdown: CancellationToken::new(),
            options: OPTIONS,
            pulse: Pulse::default(),
        }
    }

    pub(crate) fn with(scripts: impl IntoIterator<Item = Script>, options: WorkerOptions) -> Self {
        Self { options, ..Self::new(scripts) }
    }

    /// Starts a worker.
    pub(crate) fn work(&self, max_concurrent: usize) -> JoinHandle<()> {
        let runner = self.runner.clone();
        self.work_over(self.jobs.clone(), self.jobs.clone(), runner, max_concurrent)
    }

    /// Starts one that finds the store through something that can be stopped.
    pub(crate) fn work_through(&self, jobs: &Arc<Stoppable>, max: usize) -> JoinHandle<()> {
        self.work_over(jobs.clone(), jobs.clone(), self.runner.clone(), max)
    }

    pub(crate) fn work_over<R: BacktestRunner + SweepRunner + 'static>(
        &self,
        queue: Arc<dyn JobQueue>,
        store: Arc<dyn JobStore>,
        runner: Arc<R>,
        max_concurrent: usize,
    ) -> JoinHandle<()> {
        let (feed, clock, ids) = (self.jobs.clone(), self.clock.clone(), self.ids.clone());
        let run_one = RunOne {
            store: store.clone(),
            reports: self.reports.clone(),
            sweeps: Arc::new(MemorySweeps::default()),
            runner: runner.clone(),
            sweep_runner: runner,
            clock: clock.clone(),
            build: build(),
        };
        let options = WorkerOptions { max_concurrent, ..self.options };
        let pulse = self.pulse.clone();
        let worker = Worker { queue, store, feed, clock, ids, run_one, options, pulse };
        tokio::spawn(worker.run(self.shutdown.clone()))
    }

    /// Adds the jobs 1 to `n`, which may run for a day.
    pub(crate) async fn submit(&self, n: u64) {
        for n in 1..=n {
            self.submit_one(n, Priority::Interactive).await;
        }
    }

    pub(crate) async fn submit_one(&self, n: u64, priority: Priority) {
        let new = new_job_of(n, |submission| {
            submission.limits.timeout_ms = 86_400_000;
            submission.priority = priority;
        });
        self.jobs.submit(new).await.unwrap();
    }

    /// Has a worker take the job 1 that is not heard of again.
    pub(crate) async fn claimed_elsewhere(&self, n: u64) {
        let claimed = self.jobs.claim(Claim::new(vec![lease(n)], self.clock.now())).await.unwrap();
        assert_eq!(claimed[0].id, id(1));
    }

    /// What somebody else does to the job 1.
    pub(crate) async fn apply(&self, event: JobEvent) {
        let change = transition(&self.job().await, event, self.clock.now()).unwrap();
        assert_eq!(self.jobs.commit(vec![change]).await.unwrap(), [Ok(())]);
    }

    pub(crate) async fn job(&self) -> Backtest {
        self.jobs.find(id(1)).await.unwrap().unwrap()
    }

    pub(crate) async fn count(&self, status: Status) -> u64 {
        let filter = JobFilter { status: Some(status), ..JobFilter::default() };
        self.jobs.count(filter).await.unwrap()
    }

    /// Lets time pass in steps of a second; how much it was until `done`.
    pub(crate) async fn until(&self, done: impl Fn(&JobState) -> bool) -> Duration {
        let (start, step) = (self.clock.monotonic(), Duration::from_secs(1));
        drive(&self.clock, step, async || done(&self.job().await.state)).await;
        self.clock.monotonic() - start
    }

    /// Lets so many seconds pass.
    pub(crate) async fn seconds(&self, n: u32) {
        for _ in 0..n {
            settle().await;
            self.clock.advance(Duration::from_secs(1));
        }
        settle().await;
    }
}
