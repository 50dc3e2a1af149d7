//! The backtest resource.

use std::collections::BTreeMap;

use utoipa::ToSchema;

use super::execution::{Benchmark, Check, Commission, Execution, Sizing, Slippage};
use super::request::{RiskActive, RiskLevel};

/// A backtest.
#[derive(ToSchema)]
pub(super) struct Backtest {
    #[schema(format = Uuid)]
    id: String,
    status: Status,
    dataset_id: String,
    /// The version of the dataset that the run is pinned to.
    dataset_version: u32,
    symbol: String,
    interval: String,
    #[schema(format = DateTime)]
    from: String,
    /// Included.
    #[schema(format = DateTime)]
    to: String,
    strategy: RunStrategy,
    /// All of them, defaults included.
    params: BTreeMap<String, f64>,
    seed: u64,
    capital: f64,
    direction: Direction,
    sizing: Sizing,
    costs: Costs,
    risk: Risk,
    execution: Execution,
    /// The dataset of the run when there is none.
    #[schema(required)]
    benchmark: Option<Benchmark>,
    checks: Vec<Check>,
    limits: Limits,
    priority: Priority,
    tags: Vec<String>,
    /// SHA-256 of everything that changes the result.
    input_hash: String,
    /// The request that made it.
    request_id: String,
    /// It is not started before.
    #[schema(required, format = DateTime)]
    not_before: Option<String>,
    /// The run that this one repeats.
    #[schema(required, format = Uuid)]
    rerun_of: Option<String>,
    /// Counts from 1; another attempt follows when a worker was lost.
    attempt: u32,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(required, format = DateTime)]
    started_at: Option<String>,
    #[schema(required, format = DateTime)]
    finished_at: Option<String>,
    queue_wait_ms: i64,
    #[schema(required)]
    duration_ms: Option<i64>,
    progress: Progress,
    /// The headline, when it succeeded.
    #[schema(required)]
    metrics: Option<Headline>,
    /// When it waits after a start that came to nothing: it is not started again before.
    #[schema(required, format = DateTime)]
    retry_at: Option<String>,
    /// Who asked for its end, when it is ending or was cancelled.
    #[schema(required)]
    cancellation: Option<Cancellation>,
    /// Why it failed or ran out of time.
    #[schema(required)]
    failure: Option<Failure>,
    /// Paths of what there is to do and to see.
    links: BTreeMap<String, String>,
    /// Only in the answer to a request that found an equal run.
    #[schema(required = false)]
    deduplicated: bool,
}

/// Who asked for the end of a job.
#[derive(ToSchema)]
pub(super) struct Cancellation {
    #[schema(format = DateTime)]
    at: String,
    by: String,
    request_id: String,
}

/// `succeeded`, `failed`, `cancelled` and `timed_out` never change.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(super) enum Status {
    Queued,
    Running,
    Cancelling,
    Succeeded,
    Failed,
    Cancelled,
    TimedOut,
}

/// The strategy that a run is pinned to.
#[derive(ToSchema)]
pub(super) struct RunStrategy {
    id: String,
    version: u32,
    /// The rules in words, with the values of the parameters.
    summary: String,
}

/// Which sides may be traded.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(super) enum Direction {
    Long,
    Short,
    Both,
}

/// What trading costs, in the shorthand where there is one.
#[derive(ToSchema)]
struct Costs {
    commission_bps: Option<f64>,
    slippage_bps: Option<f64>,
    commission: Option<Commission>,
    slippage: Option<Slippage>,
}

/// Protective exits.
#[derive(ToSchema)]
pub(super) struct Risk {
    #[schema(required)]
    stop_loss: Option<f64>,
    #[schema(required)]
    take_profit: Option<f64>,
    #[schema(required)]
    trailing_stop: Option<f64>,
    level: RiskLevel,
    active: RiskActive,
}

/// The limits of the run.
#[derive(ToSchema)]
pub(super) struct Limits {
    timeout_ms: u64,
    memory_mb: u64,
    /// Processor time, in milliseconds; this and those below are `null` for runs that were asked
    /// for before there were such limits.
    #[schema(required)]
    cpu_ms: Option<u64>,
    #[schema(required)]
    bars: Option<u64>,
    #[schema(required)]
    orders: Option<u64>,
    #[schema(required)]
    log_lines: Option<u64>,
    #[schema(required)]
    output_bytes: Option<u64>,
}

/// Somebody waits for it and it goes first, or nobody does.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(super) enum Priority {
    Interactive,
    Batch,
}

/// How far it is.
#[derive(ToSchema)]
struct Progress {
    bars_done: u64,
    bars_total: u64,
    #[schema(minimum = 0, maximum = 100)]
    percent: f64,
    /// Simulated time.
    #[schema(required, format = DateTime)]
    sim_time: Option<String>,
    #[schema(required)]
    eta_ms: Option<u64>,
    #[schema(required)]
    peak_rss_bytes: Option<u64>,
}

/// The figures that are looked at first; `null` where one has no value.
#[derive(ToSchema)]
pub(super) struct Headline {
    #[schema(required)]
    end_equity: Option<f64>,
    #[schema(required)]
    total_return: Option<f64>,
    #[schema(required)]
    cagr: Option<f64>,
    #[schema(required)]
    sharpe: Option<f64>,
    #[schema(required)]
    max_drawdown: Option<f64>,
    #[schema(required)]
    trades: Option<u64>,
    #[schema(required)]
    win_rate: Option<f64>,
    #[schema(required)]
    profit_factor: Option<f64>,
}

/// Why a run did not succeed.
#[derive(ToSchema)]
pub(super) struct Failure {
    reason: FailureReason,
    code: String,
    detail: String,
    /// The limit that was exceeded.
    #[schema(required)]
    limit: Option<ExceededLimit>,
    /// What was measured against it.
    #[schema(required)]
    observed: Option<u64>,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
enum FailureReason {
    StrategyError,
    LimitExceeded,
    DataError,
    WorkerLost,
    Internal,
}

#[derive(ToSchema)]
struct ExceededLimit {
    name: LimitName,
    value: u64,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
enum LimitName {
    TimeoutMs,
    MemoryMb,
    CpuMs,
    Bars,
    Orders,
    LogLines,
    OutputBytes,
}
