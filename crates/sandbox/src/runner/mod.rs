//! Runs of processes of their own: started ahead, watched from outside, ended in any case.

mod cache;
mod compile;
mod converse;
mod death;
mod order;
mod plausible;
mod pool;
mod probe;
mod process;
mod rate;
mod watch;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tapedeck_domain::guest::GuestMetadata;
use tapedeck_domain::isolation::IsolationPolicy;
use tapedeck_domain::port::{BacktestRunner, DatasetStore, ModuleStore, Ran, RunError, RunRequest};
use tokio::sync::Semaphore;

use crate::layers::Plan;
use crate::wire::{How, Shape};
use cache::Cache;
use converse::{Broken, Reply, converse};
use plausible::plausible;
use pool::Pool;
use probe::Probed;

/// The subcommand of the program that answers with [`run_one`](crate::run_one).
pub const SUBCOMMAND: &str = "run-one";

/// Simulates in processes of their own, which share nothing with this one and with each other:
/// no memory, no open file, no environment. Whatever a run does, it ends with its process.
pub struct ChildRunner {
    pool: Arc<Pool>,
    datasets: Arc<dyn DatasetStore>,
    modules: Arc<dyn ModuleStore>,
    bars: Cache<Shape>,
    artifacts: Cache<GuestMetadata>,
    places: Semaphore,
    compilations: Semaphore,
    probed: Probed,
    options: SandboxOptions,
}

/// How processes are started, and what is kept for them.
#[derive(Debug, Clone, Copy)]
pub struct SandboxOptions {
    /// Processes that wait for a run, ready to start it.
    pub standby: usize,
    /// Processes at once, those that wait apart; more requests wait.
    pub at_once: usize,
    /// Which layers are put around a run, and which of them it cannot do without.
    pub policy: IsolationPolicy,
    /// The first user of those that runs become when this process is root.
    pub first_uid: u32,
    /// How long the compilation of a module may take.
    pub compile_timeout: Duration,
    /// Bytes of bars, and of compiled modules, that are kept ready to be handed over.
    pub cache_bytes: u64,
}

impl SandboxOptions {
    fn plan(&self) -> Plan {
        Plan { policy: self.policy, first_uid: self.first_uid }
    }
}

impl ChildRunner {
    /// Starts `program`, which is this server's own, takes bars from `datasets` and the modules
    /// of guest strategies from `modules`. Processes belong to the runtime that this is called
    /// in; outside of one, to that of the first run.
    pub fn new(
        program: PathBuf,
        datasets: Arc<dyn DatasetStore>,
        modules: Arc<dyn ModuleStore>,
        options: SandboxOptions,
    ) -> Self {
        Self {
            pool: Arc::new(Pool::new(program, options.plan(), options.standby)),
            datasets,
            modules,
            bars: Cache::new(options.cache_bytes),
            artifacts: Cache::new(options.cache_bytes),
            places: Semaphore::new(options.at_once.clamp(1, Semaphore::MAX_PERMITS)),
            compilations: Semaphore::new(compile::AT_ONCE),
            probed: Probed::default(),
            options,
        }
    }
}

fn internal(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> RunError {
    RunError::Internal(error.into())
}

#[async_trait]
impl BacktestRunner for ChildRunner {
    fn get_ready(&self) {
        self.pool.refill();
    }

    async fn run(&self, request: RunRequest) -> Result<Ran, RunError> {
        let _place = self.places.acquire().await.map_err(internal)?;
        let order = self.order(&request).await?;
        let reply = converse(&self.pool, order, &request.control).await?;
        ran(reply, &request).await
    }
}

/// What a reply to a run means.
async fn ran(reply: Reply, request: &RunRequest) -> Result<Ran, RunError> {
    let Reply { parts, how, usage, broke_off: outside } = reply;
    let broke_off = match how {
        How::Ran(broke) => broke.map(Into::into),
        How::Data(detail) => return Err(RunError::Data(detail)),
        How::Strategy(detail) => return Err(RunError::Strategy(detail)),
        How::Limit(exceeded) => return Err(RunError::Limit(exceeded, usage)),
        How::Stopped => return Err(RunError::Stopped(usage)),
        How::Refused(detail) => return Err(RunError::Refused(detail)),
        How::Failed(detail) => return Err(internal(detail)),
        How::Compiled(_) | How::Unusable(_) | How::Probed(_) => {
            return Err(internal("the process answered something else"));
        }
    };
    // Decoding may take a while, and so may dropping what was decoded.
    let decoded = tokio::task::spawn_blocking(move || rmp_serde::from_slice(&parts));
    let report = decoded.await.map_err(internal)?.map_err(internal)?;
    plausible(&report).map_err(internal)?;
    let broke_off = broke_off.or_else(|| outside.filter(|_| !report.is_complete()));
    request.control.saw_memory(usage.peak_rss_bytes.unwrap_or(0));
    Ok(Ran { report, broke_off, usage })
}

impl From<Broken> for RunError {
    fn from(broken: Broken) -> Self {
        match broken {
            Broken::Limit(exceeded, usage) => Self::Limit(exceeded, usage),
            Broken::Stopped(usage) => Self::Stopped(usage),
            Broken::Refused(layer) => Self::Refused(layer),
            Broken::Failed(why) => internal(why),
        }
    }
}
