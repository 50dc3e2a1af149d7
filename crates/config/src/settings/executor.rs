//! Running jobs.

use std::time::Duration;

/// How backtests are run.
#[derive(Debug, Clone)]
pub struct ExecutorSettings {
    /// Runs at the same time.
    pub max_concurrent: usize,
    /// Longest run.
    pub timeout: Duration,
    /// Memory limit of a run, in MiB.
    pub memory_mb: u64,
    /// Processor time of a run, in milliseconds.
    pub cpu_ms: u64,
    /// Bars of a run.
    pub bars: u64,
    /// Orders of a run.
    pub orders: u64,
    /// Lines that a guest strategy may log.
    pub log_lines: u64,
    /// Size of the report of a run, in bytes.
    pub output_bytes: u64,
    /// Queued runs beyond which new ones are refused.
    pub queue_limit: u64,
    /// How long a run may go without a sign of its worker.
    pub lease: Duration,
    /// Starts before a run is given up.
    pub max_attempts: u32,
    /// How long runs may go on when the process is to stop.
    pub drain: Duration,
    /// Runs at the same time in all processes.
    pub max_running: Option<u64>,
    /// Runs of one strategy at the same time in all processes.
    pub max_running_per_strategy: Option<u64>,
}

/// What is around each run.
#[derive(Debug, Clone, Copy)]
pub struct SandboxSettings {
    /// Processes that wait for a run, ready to start it.
    pub standby: usize,
    /// The first user of those that runs become when the server is root.
    pub first_uid: u32,
    /// Largest module of a guest strategy, in bytes.
    pub max_module_bytes: usize,
    /// How long the compilation of a module may take.
    pub compile_timeout: Duration,
    /// What is to happen where a layer cannot be put on.
    pub layers: LayerSettings,
}

/// Whether runs start where a layer cannot be put on: they do where it is not required.
#[derive(Debug, Clone, Copy)]
#[expect(missing_docs, reason = "each is described by its setting")]
pub struct LayerSettings {
    pub uid: LayerNeed,
    pub no_new_privs: LayerNeed,
    pub rlimits: LayerNeed,
    pub landlock: LayerNeed,
    pub seccomp: LayerNeed,
    pub network: LayerNeed,
    pub cgroup: LayerNeed,
}

/// How much a layer is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LayerNeed {
    /// No run starts without it.
    Required,
    /// Runs start without it.
    Preferred,
}

/// How large sweeps may be.
#[derive(Debug, Clone, Copy)]
pub struct SweepSettings {
    /// Combinations that are run.
    pub max_combinations: u64,
    /// Values of one parameter.
    pub max_values: u64,
}
