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
    /// What the run had used, where that was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
}

/// What a run used, by the accounts of the kernel.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// The most memory that it held at one time, in bytes; `None` when nobody looked.
    pub peak_rss_bytes: Option<u64>,
    /// Processor time, in milliseconds.
    pub cpu_ms: Option<u64>,
}

impl Usage {
    /// `None` when nothing was measured.
    pub fn measured(self) -> Option<Self> {
        (self != Self::default()).then_some(self)
    }
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
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::StrategyError,
        Self::LimitExceeded,
        Self::DataError,
        Self::WorkerLost,
        Self::Internal,
    ];

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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitKind {
    /// Wall time, in milliseconds.
    TimeoutMs,
    /// Memory, in MiB.
    MemoryMb,
    /// Processor time, in milliseconds.
    CpuMs,
    /// Bars of the range.
    Bars,
    /// Orders placed.
    Orders,
    /// Lines that a guest strategy logs.
    LogLines,
    /// Bytes of the report.
    OutputBytes,
}

impl LimitKind {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::TimeoutMs,
        Self::MemoryMb,
        Self::CpuMs,
        Self::Bars,
        Self::Orders,
        Self::LogLines,
        Self::OutputBytes,
    ];

    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TimeoutMs => "timeout_ms",
            Self::MemoryMb => "memory_mb",
            Self::CpuMs => "cpu_ms",
            Self::Bars => "bars",
            Self::Orders => "orders",
            Self::LogLines => "log_lines",
            Self::OutputBytes => "output_bytes",
        }
    }

    /// What a run did that hit it, in words.
    const fn excess(self) -> &'static str {
        match self {
            Self::TimeoutMs => "took longer than",
            Self::MemoryMb => "needed more memory than",
            Self::CpuMs => "computed for longer than",
            Self::Bars => "has more bars than",
            Self::Orders => "placed more orders than",
            Self::LogLines => "logged more lines than",
            Self::OutputBytes => "left a larger report than",
        }
    }

    /// Its unit, as it follows a number.
    const fn unit(self) -> &'static str {
        match self {
            Self::TimeoutMs | Self::CpuMs => " ms",
            Self::MemoryMb => " MiB",
            Self::Bars | Self::Orders | Self::LogLines => "",
            Self::OutputBytes => " bytes",
        }
    }
}

/// A limit that a run has hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exceeded {
    /// Which one.
    pub kind: LimitKind,
    /// Its value.
    pub limit: u64,
    /// What was seen when it was hit, in its unit.
    pub observed: u64,
}

impl From<Exceeded> for Failure {
    fn from(Exceeded { kind, limit, observed }: Exceeded) -> Self {
        Self {
            reason: FailureReason::LimitExceeded,
            detail: format!("the run {} {limit}{}", kind.excess(), kind.unit()),
            limit: Some(kind),
            observed: Some(observed),
            usage: None,
        }
    }
}

impl Failure {
    /// A failure without a limit.
    pub fn new(reason: FailureReason, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into(), limit: None, observed: None, usage: None }
    }
}
