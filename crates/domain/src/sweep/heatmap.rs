use std::cmp::Ordering;

use super::plan::SweepPlan;
use super::rank::{compare, goal};
use super::report::SweepRow;
use crate::strategy::{ParamValue, Params};

/// A statistic over two parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Heatmap {
    /// The values of one parameter, ascending.
    pub x: Vec<ParamValue>,
    /// The values of the other, ascending.
    pub y: Vec<ParamValue>,
    /// The statistic at each of `y`, at each of `x`; none where no row has a value.
    pub z: Vec<Vec<Option<f64>>>,
}

/// What a heatmap shows.
#[derive(Debug, Clone, PartialEq)]
pub struct HeatmapAxes {
    /// A swept parameter.
    pub x: String,
    /// Another one.
    pub y: String,
    /// The key of a statistic.
    pub metric: String,
    /// Other swept parameters at which it is looked; over those that are not here, the best value
    /// is shown.
    pub fixed: Params,
}

impl Heatmap {
    /// From the rows of the sweep of `plan`.
    pub fn of<'a>(
        plan: &SweepPlan,
        rows: impl Iterator<Item = &'a SweepRow>,
        axes: &HeatmapAxes,
    ) -> Self {
        let (x, y) = (ascending(plan, &axes.x), ascending(plan, &axes.y));
        let mut z = vec![vec![None; x.len()]; y.len()];
        let goal = goal(&axes.metric);
        let is_shown = |row: &&SweepRow| {
            axes.fixed.iter().all(|(name, value)| is(row.params.get(name), value.as_f64()))
        };
        for row in rows.filter(is_shown) {
            let place = |axis: &[ParamValue], name: &str| {
                axis.iter().position(|value| is(row.params.get(name), value.as_f64()))
            };
            let places = place(&x, &axes.x).zip(place(&y, &axes.y));
            let (Some((xi, yi)), Some(value)) = (places, row.value(&axes.metric)) else { continue };
            let cell: &mut Option<f64> = &mut z[yi][xi];
            let better = cell.is_none_or(|best| compare(value, best, goal) == Ordering::Less);
            if better {
                *cell = Some(value);
            }
        }
        Self { x, y, z }
    }
}

fn is(value: Option<ParamValue>, number: f64) -> bool {
    value.is_some_and(|value| value.as_f64() == number)
}

fn ascending(plan: &SweepPlan, name: &str) -> Vec<ParamValue> {
    let mut values = plan.parameters.get(name).cloned().unwrap_or_default();
    values.sort_by(|a, b| a.as_f64().total_cmp(&b.as_f64()));
    values
}
