use std::sync::Arc;
use std::time::Duration;

use tapedeck_application::RunOne;
use tapedeck_domain::job::{Backtest, JobState, Status};
use tapedeck_domain::port::{
    Claim, Clock as _, JobCatalog as _, JobFilter, JobQueue as _, JobStore as _,
};
use tapedeck_testkit::builders::{build, id, lease, new_job_of};
use tapedeck_testkit::memory::{MemoryJobs, MemoryReports, MemorySweeps};
use tapedeck_testkit::{FakeClock, Script, ScriptedRunner, SequentialIds, drive, settle};
use tapedeck_worker::{Pulse, Worker, WorkerOptions};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How long a lease may stand still.
pub(crate) const LEASE: Duration = Duration::from_secs(40);

pub(crate) struct World {
    pub(crate) clock: Arc<FakeClock>,
    pub(crate) jobs: Arc<MemoryJobs>,
    pub(crate) runner: Arc<ScriptedRunner>,
    pub(crate) shutdown: CancellationToken,
}

impl World {
    pub(crate) fn new(scripts: impl IntoIterator<Item = Script>) -> Self {
        let clock = Arc::new(FakeClock::default());
        let runner = Arc::new(ScriptedRunner::new(clock.clone(), scripts));
        Self { clock, jobs: Arc::default(), runner, shutdown: CancellationToken::new() }
    }

    /// Starts a worker that gives jobs up after two attempts.
    pub(crate) fn work(&self, max_concurrent: usize) -> JoinHandle<()> {
        let (queue, store, feed) = (self.jobs.clone(), self.jobs.clone(), self.jobs.clone());
        let clock = self.clock.clone();
        let run_one = RunOne {
            store: store.clone(),
            feed: feed.clone(),
            reports: Arc::new(MemoryReports::default()),
            sweeps: Arc::new(MemorySweeps::default()),
            runner: self.runner.clone(),
            sweep_runner: self.runner.clone(),
            clock: clock.clone(),
            build: build(),
        };
        let ids = Arc::new(SequentialIds::default());
        let options = WorkerOptions { max_concurrent, lease: LEASE, max_attempts: 2 };
        let worker =
            Worker { queue, store, feed, clock, ids, run_one, options, pulse: Pulse::default() };
        tokio::spawn(worker.run(self.shutdown.clone()))
    }

    /// Adds the jobs 1 to `n`, which may run for a day.
    pub(crate) async fn submit(&self, n: u64) {
        for n in 1..=n {
            let new = new_job_of(n, |submission| submission.limits.timeout_ms = 86_400_000);
            self.jobs.submit(new).await.unwrap();
        }
    }

    /// Has a worker take the job 1 that is not heard of again.
    pub(crate) async fn claimed_elsewhere(&self, n: u64) {
        let claimed = self.jobs.claim(Claim::new(vec![lease(n)], self.clock.now())).await.unwrap();
        assert_eq!(claimed[0].id, id(1));
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
