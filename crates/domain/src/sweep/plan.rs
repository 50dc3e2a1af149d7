use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::condition::{Comparison, Constraint, Filter, Operand};
use super::sample::Draws;
use crate::spec::Specification;
use crate::strategy::{ParamValue, Params};

/// Which combinations of parameters are run, and what is looked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SweepPlan {
    /// The swept parameters with their values; at least one each.
    pub parameters: BTreeMap<String, Vec<ParamValue>>,
    /// What combinations must fulfil to be part of the search.
    pub constraints: Vec<Constraint>,
    /// Pairs of parameters of which the strategy itself needs the first below the second.
    pub ordered: Vec<(String, String)>,
    /// Which of them are run.
    pub search: Search,
    /// The key of the statistic that the best combination is best in.
    pub objective: String,
    /// What a row must fulfil to be listed, and to be the best.
    pub filters: Vec<Filter>,
    /// Combinations that are run.
    pub combinations: u64,
    /// Combinations that the strategy itself cannot take; unknown where the grid is too large to
    /// be looked through.
    pub excluded: Option<u64>,
}

/// Which combinations of a grid are run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Search {
    /// All.
    #[default]
    Grid,
    /// Some, drawn without repetition; all when there are no more.
    Random {
        /// How many.
        samples: u64,
        /// Equal seeds draw alike.
        seed: u64,
    },
}

/// The combinations of a search, in the order of the grid: that of nested loops over the
/// parameters by name, each over its values as they were given, the last name innermost.
#[derive(Debug, Clone, PartialEq)]
pub struct Combinations {
    axes: Vec<(String, Vec<ParamValue>)>,
    points: Vec<Vec<u32>>,
    /// Combinations that the strategy itself cannot take, where they were counted.
    pub excluded: Option<u64>,
}

/// More combinations than may be run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooMany {
    /// How many there are, constraints applied where that can be counted.
    pub count: u128,
}

/// Grids up to this size are looked through; of larger ones, points are drawn.
const MOST_LISTED: u128 = 1 << 20;

impl SweepPlan {
    /// SHA-256, in hexadecimal, of everything that determines the result.
    pub fn input_hash(&self, base: &Specification, engine_version: &str) -> String {
        // See `Specification::input_hash`.
        let canonical = serde_json::to_vec(&(engine_version, base, self)).unwrap_or_default();
        hex::encode(Sha256::digest(canonical))
    }

    /// Points of the whole grid, before constraints.
    pub fn grid_size(&self) -> u128 {
        self.parameters.values().fold(1, |size, values| size.saturating_mul(values.len() as u128))
    }

    /// The combinations that are run, with `fixed` for the parameters that are not swept.
    ///
    /// # Errors
    /// There are more than `limit`; then they were counted at most.
    pub fn combinations(&self, fixed: &Params, limit: u64) -> Result<Combinations, TooMany> {
        let axes: Vec<_> =
            self.parameters.iter().map(|(name, values)| (name.clone(), values.clone())).collect();
        let grid = Grid::new(self, &axes, fixed);
        let size = self.grid_size();
        let asked = match self.search {
            Search::Grid => None,
            Search::Random { samples, seed } => Some((samples, seed)),
        };
        let (points, excluded) = match asked {
            _ if size <= MOST_LISTED => {
                let (valid, excluded) = grid.listed(size as u32);
                let chosen = match asked {
                    Some((count, seed)) => Draws::seeded(seed).of(valid, count as usize),
                    None => valid,
                };
                within(chosen.len() as u128, limit)?;
                (chosen.into_iter().map(|index| grid.point(index)).collect(), Some(excluded))
            }
            Some((count, seed)) => {
                within(u128::from(count), limit)?;
                let fits = |point: &[u32]| grid.fits(point) == Fit::Taken;
                (Draws::seeded(seed).points(&grid.sizes, count as usize, fits), None)
            }
            None => return Err(TooMany { count: size }),
        };
        Ok(Combinations { axes, points, excluded })
    }
}

fn within(count: u128, limit: u64) -> Result<(), TooMany> {
    if count > u128::from(limit) { Err(TooMany { count }) } else { Ok(()) }
}

impl Combinations {
    /// How many.
    pub const fn len(&self) -> usize {
        self.points.len()
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.points.is_empty()
    }

    /// The swept parameters of combination `i`, which must exist.
    pub fn swept(&self, i: usize) -> Params {
        let values = self.axes.iter().zip(&self.points[i]);
        values.map(|((name, values), k)| (name.clone(), values[*k as usize])).collect()
    }
}

/// What becomes of a point of the grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fit {
    /// It is part of the search.
    Taken,
    /// A constraint keeps it out.
    Kept,
    /// The strategy cannot take it.
    Impossible,
}

/// The grid, with its conditions resolved to axes.
struct Grid<'a> {
    axes: &'a [(String, Vec<ParamValue>)],
    sizes: Vec<usize>,
    constraints: Vec<Resolved>,
    ordered: Vec<Resolved>,
}

struct Resolved {
    left: Slot,
    op: Comparison,
    right: Slot,
}

enum Slot {
    Axis(usize),
    Value(f64),
}

impl<'a> Grid<'a> {
    fn new(plan: &SweepPlan, axes: &'a [(String, Vec<ParamValue>)], fixed: &Params) -> Self {
        let named = |name: &str| match axes.iter().position(|(axis, _)| axis == name) {
            Some(axis) => Slot::Axis(axis),
            // Names are checked before; one that is not there makes no comparison true.
            None => Slot::Value(fixed.get(name).map_or(f64::NAN, ParamValue::as_f64)),
        };
        let slot = |operand: &Operand| match operand {
            Operand::Number(number) => Slot::Value(*number),
            Operand::Param(name) => named(name),
        };
        let constraint =
            |c: &Constraint| Resolved { left: slot(&c.left), op: c.op, right: slot(&c.right) };
        let below = |(low, high): &(String, String)| Resolved {
            left: named(low),
            op: Comparison::Lt,
            right: named(high),
        };
        Self {
            axes,
            sizes: axes.iter().map(|(_, values)| values.len()).collect(),
            constraints: plan.constraints.iter().map(constraint).collect(),
            ordered: plan.ordered.iter().map(below).collect(),
        }
    }

    fn fits(&self, point: &[u32]) -> Fit {
        let value = |slot: &Slot| match slot {
            Slot::Axis(axis) => self.axes[*axis].1[point[*axis] as usize].as_f64(),
            Slot::Value(value) => *value,
        };
        let holds = |c: &Resolved| c.op.holds(value(&c.left), value(&c.right));
        if !self.constraints.iter().all(holds) {
            Fit::Kept
        } else if !self.ordered.iter().all(holds) {
            Fit::Impossible
        } else {
            Fit::Taken
        }
    }

    /// The points that are taken, by index, and how many are impossible.
    fn listed(&self, size: u32) -> (Vec<u32>, u64) {
        let (mut taken, mut impossible) = (Vec::new(), 0);
        let mut point = vec![0; self.sizes.len()];
        for index in 0..size {
            match self.fits(&point) {
                Fit::Taken => taken.push(index),
                Fit::Impossible => impossible += 1,
                Fit::Kept => {}
            }
            self.advance(&mut point);
        }
        (taken, impossible)
    }

    /// The next point; the last axis is innermost.
    fn advance(&self, point: &mut [u32]) {
        for (place, size) in point.iter_mut().zip(&self.sizes).rev() {
            *place += 1;
            if (*place as usize) < *size {
                return;
            }
            *place = 0;
        }
    }

    /// The place of a point on each axis.
    fn point(&self, index: u32) -> Vec<u32> {
        let mut rest = index;
        let mut point: Vec<u32> = self
            .sizes
            .iter()
            .rev()
            .map(|size| {
                let place = rest % *size as u32;
                rest /= *size as u32;
                place
            })
            .collect();
        point.reverse();
        point
    }
}

#[cfg(test)]
mod tests;
