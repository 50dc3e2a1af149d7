//! Parameter sweeps: many runs of one strategy that differ in their parameters alone.

mod condition;
mod heatmap;
mod plan;
mod rank;
mod report;
mod sample;
mod values;

pub use condition::{Comparison, Constraint, Filter, Operand};
pub use heatmap::{Heatmap, HeatmapAxes};
pub use plan::{Combinations, Search, SweepPlan, TooMany};
pub use rank::{Goal, SortKey, best, goal, is_metric, known_metrics, sorted};
pub use report::{Best, RowFigures, RowOutcome, SweepReport, SweepRow, SweepSummary};
pub use values::Values;
