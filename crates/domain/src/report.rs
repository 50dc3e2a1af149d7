//! What a run leaves behind.

use serde::{Deserialize, Serialize};

use crate::metrics::Metrics;
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
}

impl Report {
    /// Whether every bar of the range was simulated.
    pub const fn is_complete(&self) -> bool {
        self.bars_done == self.bars_total
    }
}
