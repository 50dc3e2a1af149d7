use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::failure::LimitKind;
use crate::dataset::{Interval, Symbol};
use crate::id::{BacktestId, ParseIdError, RequestId, is_visible_ascii};
use crate::spec::Specification;
use crate::sweep::SweepPlan;
use crate::time::Timestamp;
use crate::trace::TraceContext;

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Submission {
    /// Everything that determines the result; of a sweep, with the defaults of the parameters
    /// that are swept.
    pub spec: Specification,
    /// What is swept, if it is a sweep.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sweep: Option<SweepPlan>,
    /// SHA-256 of both, engine version included.
    pub input_hash: String,
    /// What the dataset's symbol was.
    pub symbol: Symbol,
    /// What the dataset's interval was.
    pub interval: Interval,
    /// Bars of the range.
    pub bars: u64,
    /// The rules in words.
    pub summary: String,
    /// What the run may use at most.
    pub limits: Limits,
    /// Which queue it waits in.
    pub priority: Priority,
    /// Words to find it by.
    pub tags: Vec<Tag>,
    /// Whether it is a run of its own even if an equal one exists.
    pub force_new: bool,
    /// The request that made it.
    pub request_id: RequestId,
    /// The span of that request, so that the run is part of its trace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<TraceContext>,
    /// Before which it is not started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    /// The run that this one repeats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rerun_of: Option<BacktestId>,
}

/// What kind of work a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobKind {
    /// One run.
    Backtest,
    /// Many, over combinations of parameters.
    Sweep,
}

impl JobKind {
    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Backtest => "backtest",
            Self::Sweep => "sweep",
        }
    }
}

impl Submission {
    /// What kind of work it is.
    pub const fn kind(&self) -> JobKind {
        match self.sweep {
            None => JobKind::Backtest,
            Some(_) => JobKind::Sweep,
        }
    }

    /// What its progress counts up to: the bars of the range, or the combinations of a sweep.
    pub fn steps(&self) -> u64 {
        self.sweep.as_ref().map_or(self.bars, |plan| plan.combinations)
    }
}

/// What a run may use at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Wall time, in milliseconds.
    pub timeout_ms: u64,
    /// Memory, in MiB.
    pub memory_mb: u64,
    /// Processor time, in milliseconds.
    #[serde(default = "unlimited")]
    pub cpu_ms: u64,
    /// Bars of the range.
    #[serde(default = "unlimited")]
    pub bars: u64,
    /// Orders placed.
    #[serde(default = "unlimited")]
    pub orders: u64,
    /// Lines that a guest strategy logs.
    #[serde(default = "unlimited")]
    pub log_lines: u64,
    /// Bytes of the report, as the process that made it hands it over.
    #[serde(default = "unlimited")]
    pub output_bytes: u64,
}

/// A limit that the build before this one did not have.
const fn unlimited() -> u64 {
    u64::MAX
}

impl Limits {
    /// Wall time and memory, and no limit to anything else.
    pub const fn of_time_and_memory(timeout_ms: u64, memory_mb: u64) -> Self {
        let none = unlimited();
        Self {
            timeout_ms,
            memory_mb,
            cpu_ms: none,
            bars: none,
            orders: none,
            log_lines: none,
            output_bytes: none,
        }
    }

    /// The value of one of them.
    pub const fn of(&self, kind: LimitKind) -> u64 {
        match kind {
            LimitKind::TimeoutMs => self.timeout_ms,
            LimitKind::MemoryMb => self.memory_mb,
            LimitKind::CpuMs => self.cpu_ms,
            LimitKind::Bars => self.bars,
            LimitKind::Orders => self.orders,
            LimitKind::LogLines => self.log_lines,
            LimitKind::OutputBytes => self.output_bytes,
        }
    }

    /// Each limit by its kind, as `make` gives it.
    ///
    /// # Errors
    /// All that `make` refuses.
    pub fn make<E>(make: impl Fn(LimitKind) -> Result<u64, E>) -> Result<Self, Vec<E>> {
        let mut faults = Vec::new();
        let mut one = |kind| make(kind).map_err(|fault| faults.push(fault)).unwrap_or_default();
        let limits = Self {
            timeout_ms: one(LimitKind::TimeoutMs),
            memory_mb: one(LimitKind::MemoryMb),
            cpu_ms: one(LimitKind::CpuMs),
            bars: one(LimitKind::Bars),
            orders: one(LimitKind::Orders),
            log_lines: one(LimitKind::LogLines),
            output_bytes: one(LimitKind::OutputBytes),
        };
        if faults.is_empty() { Ok(limits) } else { Err(faults) }
    }

    /// The lower one of each.
    #[must_use]
    pub fn within(&self, other: &Self) -> Self {
        let lower = |kind| Ok::<_, std::convert::Infallible>(self.of(kind).min(other.of(kind)));
        Self::make(lower).unwrap_or(*self)
    }
}

/// Which queue a job waits in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// Somebody waits for it: goes first.
    #[default]
    Interactive,
    /// Nobody does.
    Batch,
}

impl Priority {
    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Interactive => "interactive",
            Self::Batch => "batch",
        }
    }

    /// Lower goes first.
    pub const fn rank(self) -> i64 {
        match self {
            Self::Interactive => 0,
            Self::Batch => 1,
        }
    }
}

/// A word to find jobs by: 1 to 64 visible ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tag(String);

/// A client's key for a request that must not be carried out twice: 1 to 255 visible ASCII
/// characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey(String);

impl Tag {
    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl IdempotencyKey {
    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Tag {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = is_visible_ascii(text, 64).then(|| Self(text.to_owned()));
        fits.ok_or(ParseIdError::new("tag", "1 to 64 visible ASCII characters"))
    }
}

impl FromStr for IdempotencyKey {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = is_visible_ascii(text, 255).then(|| Self(text.to_owned()));
        fits.ok_or(ParseIdError::new("idempotency key", "1 to 255 visible ASCII characters"))
    }
}
