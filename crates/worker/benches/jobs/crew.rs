//! Workers as the server has them, over runs that do nothing.

use std::sync::Arc;
use std::time::Duration;

use tapedeck_application::RunOne;
use tapedeck_domain::port::ClaimLimits;
use tapedeck_testkit::builders;
use tapedeck_worker::{Pulse, Worker, WorkerOptions};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::noop::{Discard, NoSweeps, Noop};
use crate::time::{RealClock, RealIds};
use crate::watched::Store;

/// A worker at work.
pub(crate) struct Working {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Working {
    /// Starts one that has so many runs at the same time.
    pub(crate) fn start(store: &Store, runner: Arc<Noop>, max_concurrent: usize) -> Self {
        let stop = CancellationToken::new();
        let worker = worker(store, runner, max_concurrent);
        let task = tokio::spawn(worker.run(stop.clone()));
        Self { stop, task }
    }

    pub(crate) async fn stop(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }
}

fn worker(store: &Store, runner: Arc<Noop>, max_concurrent: usize) -> Worker {
    let clock = Arc::new(RealClock::start());
    let run_one = RunOne {
        store: store.jobs.clone(),
        reports: Arc::new(Discard),
        sweeps: Arc::new(Discard),
        runner,
        sweep_runner: Arc::new(NoSweeps),
        clock: clock.clone(),
        build: builders::build(),
    };
    let options = WorkerOptions {
        max_concurrent,
        lease: Duration::from_secs(20),
        max_attempts: 5,
        limits: ClaimLimits::default(),
        drain: Duration::from_secs(10),
    };
    Worker {
        queue: store.queue.clone(),
        store: store.jobs.clone(),
        feed: store.feed.clone(),
        clock,
        ids: Arc::new(RealIds),
        run_one,
        options,
        pulse: Pulse::default(),
    }
}
