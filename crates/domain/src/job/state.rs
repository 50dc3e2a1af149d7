use serde::{Deserialize, Serialize};

use super::failure::{Failure, Usage};
use crate::actor::Actor;
use crate::id::{LeaseId, RequestId, WorkerId};
use crate::metrics::{Figure, Metrics, RunFigures, TradeFigures};
use crate::time::Timestamp;

/// Where a job stands, with what is known there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum JobState {
    /// Waits for a worker.
    Queued {
        /// Before which it is not started again, after a start that came to nothing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_at: Option<Timestamp>,
    },
    /// A worker simulates it.
    Running {
        /// Whose it is.
        lease: Lease,
        /// Since when.
        started_at: Timestamp,
        /// How far it is.
        progress: Progress,
    },
    /// A worker simulates it and has been asked to stop.
    Cancelling {
        /// Whose it is.
        lease: Lease,
        /// Since when.
        started_at: Timestamp,
        /// How far it was.
        progress: Progress,
        /// Who asked, and when.
        requested: Cancellation,
    },
    /// It ran to its end.
    Succeeded {
        /// Since when it ran.
        started_at: Timestamp,
        /// When it ended.
        finished_at: Timestamp,
        /// What came out.
        outcome: Outcome,
    },
    /// It could not be run to its end.
    Failed {
        /// Since when it ran, if it did.
        started_at: Option<Timestamp>,
        /// When it ended.
        finished_at: Timestamp,
        /// Why.
        failure: Failure,
        /// What there is of a report.
        partial: Option<ReportRef>,
    },
    /// It was stopped because somebody asked.
    Cancelled {
        /// Since when it ran, if it did.
        started_at: Option<Timestamp>,
        /// When it ended.
        finished_at: Timestamp,
        /// Who asked, and when.
        requested: Cancellation,
        /// What there is of a report.
        partial: Option<ReportRef>,
    },
    /// It was stopped because its time was up.
    TimedOut {
        /// Since when it ran.
        started_at: Timestamp,
        /// When it ended.
        finished_at: Timestamp,
        /// Which limit, and what was observed.
        failure: Failure,
        /// What there is of a report.
        partial: Option<ReportRef>,
    },
}

/// The tenure of a worker over a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// The fencing token: every write of the worker carries it.
    pub id: LeaseId,
    /// The worker.
    pub worker: WorkerId,
}

/// How far a run is. A sweep counts combinations where a backtest counts bars.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Bars simulated.
    pub bars_done: u64,
    /// Bars of the range.
    pub bars_total: u64,
    /// The simulated time that was reached; a sweep has none.
    pub sim_time: Option<Timestamp>,
    /// The most memory that the run was seen to hold, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peak_rss_bytes: Option<u64>,
}

/// Who asked for a cancellation, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cancellation {
    /// When.
    pub at: Timestamp,
    /// The request that asked.
    pub request_id: RequestId,
    /// Who asked.
    #[serde(default)]
    pub by: Actor,
}

/// Names a stored report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ReportRef(pub String);

/// What came out of a run that succeeded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// The stored report.
    pub report: ReportRef,
    /// The figures that a list shows.
    pub headline: Option<Headline>,
    /// What the run used, where that was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
}

/// The figures that a list shows; all are defined in [`metrics`](crate::metrics).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "defined with the metrics of the same names")]
pub struct Headline {
    pub end_equity: Figure,
    pub total_return: Figure,
    pub cagr: Figure,
    pub sharpe: Figure,
    pub max_drawdown: Figure,
    pub trades: Figure,
    pub win_rate: Figure,
    pub profit_factor: Figure,
}

impl From<&Metrics> for Headline {
    fn from(metrics: &Metrics) -> Self {
        Self::of(&metrics.run, &metrics.all)
    }
}

impl Headline {
    /// Of the figures of a run and of all its trades.
    pub const fn of(run: &RunFigures, trades: &TradeFigures) -> Self {
        Self {
            end_equity: run.end_equity,
            total_return: run.total_return,
            cagr: run.cagr,
            sharpe: run.sharpe,
            max_drawdown: run.max_drawdown,
            trades: trades.trades,
            win_rate: trades.win_rate,
            profit_factor: trades.profit_factor,
        }
    }
}

/// A state without its data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "named like the states")]
pub enum Status {
    Queued,
    Running,
    Cancelling,
    Succeeded,
    Failed,
    Cancelled,
    TimedOut,
}

impl Status {
    /// All of them, in the order of a job's life.
    pub const ALL: [Self; 7] = [
        Self::Queued,
        Self::Running,
        Self::Cancelling,
        Self::Succeeded,
        Self::Failed,
        Self::Cancelled,
        Self::TimedOut,
    ];

    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Cancelling => "cancelling",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::TimedOut => "timed_out",
        }
    }

    /// Whether a job stays in it for ever.
    pub const fn is_terminal(self) -> bool {
        match self {
            Self::Queued | Self::Running | Self::Cancelling => false,
            Self::Succeeded | Self::Failed | Self::Cancelled | Self::TimedOut => true,
        }
    }
}

impl JobState {
    /// The state without its data.
    pub const fn status(&self) -> Status {
        match self {
            Self::Queued { .. } => Status::Queued,
            Self::Running { .. } => Status::Running,
            Self::Cancelling { .. } => Status::Cancelling,
            Self::Succeeded { .. } => Status::Succeeded,
            Self::Failed { .. } => Status::Failed,
            Self::Cancelled { .. } => Status::Cancelled,
            Self::TimedOut { .. } => Status::TimedOut,
        }
    }

    /// The lease under which it is worked on.
    pub const fn lease(&self) -> Option<Lease> {
        match self {
            Self::Running { lease, .. } | Self::Cancelling { lease, .. } => Some(*lease),
            Self::Queued { .. }
            | Self::Succeeded { .. }
            | Self::Failed { .. }
            | Self::Cancelled { .. }
            | Self::TimedOut { .. } => None,
        }
    }

    /// When it was started, the last time.
    pub const fn started_at(&self) -> Option<Timestamp> {
        match self {
            Self::Queued { .. } => None,
            Self::Running { started_at, .. }
            | Self::Cancelling { started_at, .. }
            | Self::Succeeded { started_at, .. }
            | Self::TimedOut { started_at, .. } => Some(*started_at),
            Self::Failed { started_at, .. } | Self::Cancelled { started_at, .. } => *started_at,
        }
    }

    /// When it ended.
    pub const fn finished_at(&self) -> Option<Timestamp> {
        match self {
            Self::Queued { .. } | Self::Running { .. } | Self::Cancelling { .. } => None,
            Self::Succeeded { finished_at, .. }
            | Self::Failed { finished_at, .. }
            | Self::Cancelled { finished_at, .. }
            | Self::TimedOut { finished_at, .. } => Some(*finished_at),
        }
    }

    /// The stored report, whole or partial.
    pub const fn report(&self) -> Option<&ReportRef> {
        match self {
            Self::Queued { .. } | Self::Running { .. } | Self::Cancelling { .. } => None,
            Self::Succeeded { outcome, .. } => Some(&outcome.report),
            Self::Failed { partial, .. }
            | Self::Cancelled { partial, .. }
            | Self::TimedOut { partial, .. } => partial.as_ref(),
        }
    }

    /// Why it came to nothing, if it did.
    pub const fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Failed { failure, .. } | Self::TimedOut { failure, .. } => Some(failure),
            Self::Queued { .. }
            | Self::Running { .. }
            | Self::Cancelling { .. }
            | Self::Succeeded { .. }
            | Self::Cancelled { .. } => None,
        }
    }
}
