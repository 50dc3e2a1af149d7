//! What a run leaves behind.

use serde::{Deserialize, Serialize};

use crate::chain::HashChain;
use crate::metrics::Metrics;
use crate::spec::{Check, Intrabar};
use crate::trading::{Fill, OpenTrade, Order, Trade};

/// What a run leaves behind. Per-bar equity is not in it: it is derived from bars and fills, by
/// [`EquityCurve::replay`](crate::portfolio::EquityCurve::replay).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The engine that made it.
    pub engine_version: String,
    /// Bars simulated; fewer than asked for when the run was stopped.
    pub bars_done: usize,
    /// Bars of the range.
    pub bars_total: usize,
    /// All orders, in the order in which they were placed.
    pub orders: Vec<Order>,
    /// All executions, in the order of their bars.
    pub fills: Vec<Fill>,
    /// Closed round trips, in the order of their exits.
    pub trades: Vec<Trade>,
    /// The position that was still open.
    pub open_trade: Option<OpenTrade>,
    /// The statistics over the bars that were simulated; none when there was not one bar.
    pub metrics: Option<Metrics>,
    /// What makes the run comparable with others, block by block.
    #[serde(default)]
    pub chain: HashChain,
    /// The same run under other assumptions about the way of prices inside bars.
    #[serde(default)]
    pub envelope: Vec<EnvelopePoint>,
    /// What the checks that were asked for found.
    #[serde(default)]
    pub checks: Vec<CheckResult>,
    /// What the run has to say, in the order of bars.
    #[serde(default)]
    pub log: Vec<LogLine>,
    /// Lines that there was no room for.
    #[serde(default)]
    pub log_dropped: u64,
    /// What a guest strategy used: one unit an instruction, alike in every run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fuel: Option<u64>,
}

/// The result under one assumption about the way of prices inside bars.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct EnvelopePoint {
    /// The assumption.
    pub intrabar: Intrabar,
    /// Equity at the last close.
    pub end_equity: f64,
    /// Largest fall from a peak, as a fraction of it.
    pub max_drawdown: f64,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CheckResult {
    /// Which check.
    pub check: Check,
    /// Whether nothing was found.
    pub passed: bool,
    /// How often it looked.
    pub samples: u32,
    /// The bar of the first finding.
    pub first_bar: Option<usize>,
    /// What was found, in a sentence.
    pub detail: String,
}

/// Something that a run has to say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// The bar at which it was said.
    pub bar: usize,
    /// How serious it is.
    pub level: LogLevel,
    /// What.
    pub message: String,
}

/// How serious a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogLevel {
    /// Worth knowing.
    Info,
    /// Worth a look.
    Warn,
}

impl Report {
    /// Whether every bar of the range was simulated.
    pub const fn is_complete(&self) -> bool {
        self.bars_done == self.bars_total
    }
}
