//! What a client asks for, and what may be wrong with it.

use std::collections::BTreeMap;

use tapedeck_domain::dataset::{Interval, Symbol};
use tapedeck_domain::id::{DatasetId, RequestId, StrategyId};
use tapedeck_domain::job::{LimitKind, Priority, Tag};
use tapedeck_domain::number::Capital;
use tapedeck_domain::rules::{RuleFault, RuleFaultKind, RuleSet};
use tapedeck_domain::spec::{Check, Costs, Direction, Execution, Risk, Sizing};
use tapedeck_domain::time::Timestamp;
use tapedeck_domain::trace::TraceContext;

/// What a client asked for, each value within its own range; whether they fit together, and fit
/// the catalogs and the server, is found out here.
#[derive(Debug, Clone, PartialEq)]
pub struct BacktestRequest {
    /// Which bars.
    pub dataset: DatasetChoice,
    /// First moment; the dataset's first bar when nothing is said.
    pub from: Option<Timestamp>,
    /// Last moment, included; the dataset's last bar when nothing is said.
    pub to: Option<Timestamp>,
    /// Which rules.
    pub strategy: StrategyChoice,
    /// Parameters that differ from their defaults.
    pub params: BTreeMap<String, f64>,
    /// The source of every stochastic step.
    pub seed: u64,
    /// Money to start with.
    pub capital: Capital,
    /// Which sides.
    pub direction: Direction,
    /// How many units.
    pub sizing: Sizing,
    /// What trading costs.
    pub costs: Costs,
    /// Protective exits; distances that are missing are those of the rules.
    pub risk: Risk,
    /// How orders are carried out.
    pub execution: Execution,
    /// What is bought and held for comparison; the dataset of the run when nothing is said.
    pub benchmark: Option<DatasetId>,
    /// What the run checks of itself.
    pub checks: Vec<Check>,
    /// Limits; at most the server's, which hold where nothing is said.
    pub limits: BTreeMap<LimitKind, u64>,
    /// Which queue.
    pub priority: Priority,
    /// Words to find it by.
    pub tags: Vec<Tag>,
    /// A run of its own even if an equal one exists.
    pub force_new: bool,
    /// Before which it is not started.
    pub not_before: Option<Timestamp>,
    /// The request that asks.
    pub request_id: RequestId,
    /// The span of that request.
    pub trace: Option<TraceContext>,
}

/// The request that asks for something, and its place in a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The request.
    pub request_id: RequestId,
    /// Its span, if it is traced.
    pub trace: Option<TraceContext>,
}

impl From<RequestId> for Origin {
    fn from(request_id: RequestId) -> Self {
        Self { request_id, trace: None }
    }
}

/// How a request names its bars.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DatasetChoice {
    /// By name.
    Id(DatasetId),
    /// By what was traded and how often.
    Market {
        /// What.
        symbol: Symbol,
        /// Time from bar to bar.
        interval: Interval,
    },
}

/// How a request says its rules.
#[derive(Debug, Clone, PartialEq)]
pub enum StrategyChoice {
    /// By name.
    Named {
        /// The name.
        id: StrategyId,
        /// Which version; the latest when nothing is said.
        version: Option<u32>,
    },
    /// In full.
    Inline(Box<RuleSet>),
}

/// One fault of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldFault {
    /// JSON pointer into the request.
    pub pointer: String,
    /// What kind of fault.
    pub code: FaultCode,
    /// The same in a sentence.
    pub detail: String,
}

/// What kind of fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultCode {
    /// There is no such field or parameter.
    Unknown,
    /// It must be there.
    Missing,
    /// It is of another type.
    Type,
    /// It is out of its range, or does not fit another field.
    Range,
    /// The dataset has no bars there.
    NotCovered,
}

impl FieldFault {
    /// A fault of rules that stand at `at` in the request.
    pub fn of_rules(at: &str, fault: RuleFault) -> Self {
        let code = match fault.kind {
            RuleFaultKind::Unknown => FaultCode::Unknown,
            RuleFaultKind::Missing => FaultCode::Missing,
            RuleFaultKind::Type => FaultCode::Type,
            RuleFaultKind::Range => FaultCode::Range,
        };
        Self { pointer: format!("{at}{}", fault.pointer), code, detail: fault.detail }
    }
}

impl FaultCode {
    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Missing => "missing",
            Self::Type => "type",
            Self::Range => "range",
            Self::NotCovered => "not_covered",
        }
    }
}
