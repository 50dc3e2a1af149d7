use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

use async_trait::async_trait;

use super::StorageError;
use crate::job::{Exceeded, Limits, Usage};
use crate::report::Report;
use crate::spec::Specification;
use crate::time::Timestamp;

/// Runs one backtest, somewhere that does not hurt anybody else.
#[async_trait]
pub trait BacktestRunner: Send + Sync {
    /// Makes ready, in the background, what the first run would have to wait for. Without it runs
    /// are no different, but the first may start later.
    fn get_ready(&self) {}

    /// Simulates `request` to its end, or until its control is told to stop, a limit is hit or
    /// the strategy breaks off: then what was done comes back as a report that is not complete,
    /// if there is anything to come back. Dropping the future stops the run, too.
    async fn run(&self, request: RunRequest) -> Result<Ran, RunError>;
}

/// One backtest to run.
#[derive(Debug, Clone)]
pub struct RunRequest {
    /// What to simulate.
    pub spec: Specification,
    /// What it may use.
    pub limits: Limits,
    /// How it is watched and stopped.
    pub control: Arc<RunControl>,
}

/// What came of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Ran {
    /// What it left behind; not complete when it was stopped or broke off.
    pub report: Report,
    /// Why it broke off, if it did so by itself.
    pub broke_off: Option<BrokeOff>,
    /// What it used.
    pub usage: Usage,
}

impl From<Report> for Ran {
    fn from(report: Report) -> Self {
        Self { report, broke_off: None, usage: Usage::default() }
    }
}

/// Why a run did not reach its end, although nobody stopped it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BrokeOff {
    /// It hit a limit.
    Limit(Exceeded),
    /// Its strategy failed.
    Strategy(String),
}

/// Shared by a run and those who watch it.
#[derive(Debug, Default)]
pub struct RunControl {
    stopped: AtomicBool,
    bars_done: AtomicU64,
    sim_time: AtomicI64,
    peak_rss: AtomicU64,
}

impl RunControl {
    /// Asks the run to stop. It does so within a few hundred bars.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Whether the run was asked to stop.
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// Says how many bars are done, and which simulated time comes next.
    pub fn advance(&self, bars_done: u64, sim_time: Timestamp) {
        self.bars_done.store(bars_done, Ordering::Relaxed);
        self.sim_time.store(sim_time.as_nanos(), Ordering::Relaxed);
    }

    /// Says that one more combination of a sweep is done. Several threads may say so at once.
    pub fn count_one(&self) {
        self.bars_done.fetch_add(1, Ordering::Relaxed);
    }

    /// Says how much memory the run was seen to hold, in bytes. The most counts.
    pub fn saw_memory(&self, resident: u64) {
        self.peak_rss.fetch_max(resident, Ordering::Relaxed);
    }

    /// The most memory that the run was seen to hold, in bytes; `None` when nobody looked.
    pub fn peak_rss(&self) -> Option<u64> {
        Some(self.peak_rss.load(Ordering::Relaxed)).filter(|bytes| *bytes > 0)
    }

    /// How many bars are done, and which simulated time was reached.
    pub fn position(&self) -> (u64, Timestamp) {
        let sim_time = Timestamp::from_nanos(self.sim_time.load(Ordering::Relaxed));
        (self.bars_done.load(Ordering::Relaxed), sim_time)
    }
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The bars are missing or are not what the specification says.
    #[error("the dataset cannot be used: {0}")]
    Data(String),
    /// The strategy cannot be run by this engine.
    #[error("the strategy cannot be run: {0}")]
    Strategy(String),
    /// A limit was hit, and nothing is left of the run.
    #[error("the run exceeded a limit: {0:?}")]
    Limit(Exceeded, Usage),
    /// It was told to stop, and nothing is left of it.
    #[error("the run was stopped")]
    Stopped(Usage),
    /// A layer that is required around a run cannot be had here.
    #[error("no run starts without {0}")]
    Refused(String),
    /// The bars cannot be read now; that is no fault of the run, and may be over soon.
    #[error("the dataset cannot be read now")]
    Unavailable(#[source] StorageError),
    /// The runner itself failed.
    #[error("the run broke off")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}
