use serde::{Deserialize, Serialize};

/// Why a run failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Whose fault.
    pub reason: FailureReason,
    /// A sentence about this occurrence; no internals.
    pub detail: String,
    /// Which limit was hit.
    pub limit: Option<LimitKind>,
    /// What was observed when it was hit, in the limit's unit.
    pub observed: Option<u64>,
}

/// Whose fault a failure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureReason {
    /// The strategy's.
    StrategyError,
    /// The run used more than it may.
    LimitExceeded,
    /// The bars cannot be read or are not what they were.
    DataError,
    /// Its worker died, as often as it may.
    WorkerLost,
    /// The server's.
    Internal,
}

impl FailureReason {
    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::StrategyError => "strategy_error",
            Self::LimitExceeded => "limit_exceeded",
            Self::DataError => "data_error",
            Self::WorkerLost => "worker_lost",
            Self::Internal => "internal",
        }
    }
}

/// A limit of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitKind {
    /// Wall time, in milliseconds.
    TimeoutMs,
    /// Memory, in MiB.
    MemoryMb,
}

impl Failure {
    /// A failure without a limit.
    pub fn new(reason: FailureReason, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into(), limit: None, observed: None }
    }
}
