//! Runs that go as a test says.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tapedeck_domain::port::{
    BacktestRunner, Clock, Ran, RunControl, RunError, RunRequest, SweepRunRequest, SweepRunner,
};
use tapedeck_domain::sweep::SweepReport;
use tapedeck_domain::time::Timestamp;

use crate::builders;

/// How a run goes.
#[derive(Debug)]
pub enum Script {
    /// It ends at once with a whole report.
    Succeed,
    /// It ends with a whole report after so much time, or earlier when it is stopped.
    SucceedAfter(Duration),
    /// It breaks off.
    Fail(RunError),
    /// It gets to a bar and goes no further until it is stopped.
    UntilStopped {
        /// Bars that are done then.
        bars_done: u64,
    },
    /// It panics, which no runner should.
    Panic,
}

/// A runner that simulates nothing.
pub struct ScriptedRunner {
    clock: Arc<dyn Clock>,
    scripts: Mutex<VecDeque<Script>>,
    running: AtomicUsize,
    started: AtomicUsize,
}

/// Between two looks at whether a run was stopped.
const LOOK_EVERY: Duration = Duration::from_millis(10);

impl ScriptedRunner {
    /// One script for each run, in their order; after them, runs succeed at once.
    pub fn new(clock: Arc<dyn Clock>, scripts: impl IntoIterator<Item = Script>) -> Self {
        let scripts = Mutex::new(scripts.into_iter().collect());
        Self { clock, scripts, running: AtomicUsize::new(0), started: AtomicUsize::new(0) }
    }

    /// Runs under way.
    pub fn running(&self) -> usize {
        self.running.load(Ordering::SeqCst)
    }

    /// Runs that were started, ever.
    pub fn started(&self) -> usize {
        self.started.load(Ordering::SeqCst)
    }

    /// The next script, played for a run whose whole and whose first part are given.
    async fn play<T>(
        &self,
        control: &RunControl,
        at: Timestamp,
        whole: fn() -> T,
        part: fn(u64) -> T,
    ) -> Result<T, RunError> {
        self.started.fetch_add(1, Ordering::SeqCst);
        self.running.fetch_add(1, Ordering::SeqCst);
        let _running = Running(&self.running);
        let next = self.scripts.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        let (bars_done, patience) = match next.unwrap_or(Script::Succeed) {
            Script::Succeed => (0, Duration::ZERO),
            Script::SucceedAfter(patience) => (1, patience),
            Script::Fail(error) => return Err(error),
            Script::UntilStopped { bars_done } => (bars_done, Duration::MAX),
            Script::Panic => unreachable!("as the script says"),
        };
        control.advance(bars_done, at);
        let start = self.clock.monotonic();
        while !control.is_stopped() {
            if self.clock.monotonic().saturating_sub(start) >= patience {
                return Ok(whole());
            }
            self.clock.sleep(LOOK_EVERY).await;
        }
        Ok(part(bars_done))
    }
}

/// Counts a run for as long as it lives.
struct Running<'a>(&'a AtomicUsize);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[async_trait]
impl BacktestRunner for ScriptedRunner {
    async fn run(&self, request: RunRequest) -> Result<Ran, RunError> {
        let at = request.spec.from;
        let report =
            self.play(&request.control, at, builders::report, builders::partial_report).await;
        report.map(Ran::from)
    }
}

#[async_trait]
impl SweepRunner for ScriptedRunner {
    async fn run(&self, request: SweepRunRequest) -> Result<SweepReport, RunError> {
        let (at, whole) = (request.spec.from, || builders::sweep_report(6));
        self.play(&request.control, at, whole, builders::sweep_report).await
    }
}
