//! Which row comes first.

use std::cmp::Ordering;

use super::condition::Filter;
use super::report::{RowFigures, SweepRow};
use crate::strategy::ParamValue;

/// Whether more of a statistic is better, or less.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// More.
    Highest,
    /// Less.
    Lowest,
}

/// Statistics of which less is better; of all others, more is. Losses are negative, so more of
/// them is better, too.
const LOWEST: [&str; 13] = [
    "ambiguous_bars",
    "avg_drawdown",
    "fees_paid",
    "losses",
    "max_consecutive_losses",
    "max_drawdown",
    "max_drawdown_duration",
    "rejected_orders",
    "slippage_cost",
    "slippage_share",
    "turnover",
    "ulcer_index",
    "volatility_ann",
];

/// What is looked for in a statistic.
pub fn goal(metric: &str) -> Goal {
    if LOWEST.contains(&metric) { Goal::Lowest } else { Goal::Highest }
}

/// The keys of the statistics that rows have.
pub fn known_metrics() -> impl Iterator<Item = &'static str> {
    RowFigures::definitions().map(|definition| definition.key)
}

/// Whether rows have a statistic of this key.
pub fn is_metric(key: &str) -> bool {
    known_metrics().any(|known| known == key)
}

/// What rows are sorted by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SortKey {
    /// A statistic.
    Metric(String),
    /// A swept parameter.
    Param(String),
}

impl SortKey {
    fn of(&self, row: &SweepRow) -> Option<f64> {
        match self {
            Self::Metric(key) => row.value(key),
            Self::Param(name) => row.params.get(name).map(ParamValue::as_f64),
        }
    }
}

/// The rows by `key`; those without a value are last whichever way, and those that are equal in
/// the order of the search.
pub fn sorted<'a>(
    rows: impl Iterator<Item = &'a SweepRow>,
    key: &SortKey,
    goal: Goal,
) -> Vec<&'a SweepRow> {
    let mut keyed: Vec<(Option<f64>, &SweepRow)> = rows.map(|row| (key.of(row), row)).collect();
    keyed.sort_by(|(a, _), (b, _)| match (a, b) {
        (Some(a), Some(b)) => compare(*a, *b, goal),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    });
    keyed.into_iter().map(|(_, row)| row).collect()
}

pub(super) fn compare(a: f64, b: f64, goal: Goal) -> Ordering {
    // Values are finite; 0 and -0 are equal.
    let ascending = a.partial_cmp(&b).unwrap_or(Ordering::Equal);
    match goal {
        Goal::Lowest => ascending,
        Goal::Highest => ascending.reverse(),
    }
}

/// The row that is best in `metric`; of equals, the first of the search.
pub fn best<'a>(rows: impl Iterator<Item = &'a SweepRow>, metric: &str) -> Option<&'a SweepRow> {
    let goal = goal(metric);
    let valued = rows.filter_map(|row| Some((row.value(metric)?, row)));
    let best = valued.reduce(|best, next| match compare(next.0, best.0, goal) {
        Ordering::Less => next,
        Ordering::Equal | Ordering::Greater => best,
    });
    best.map(|(_, row)| row)
}

/// Whether a row passes all filters; one that failed passes none.
pub(super) fn passes(row: &SweepRow, filters: &[Filter]) -> bool {
    let holds = |filter: &Filter| {
        row.value(&filter.metric).is_some_and(|value| filter.op.holds(value, filter.value))
    };
    filters.iter().all(holds)
}

#[cfg(test)]
mod tests {
    use super::super::condition::Comparison;
    use super::super::report::RowOutcome;
    use super::*;
    use crate::metrics::{Figure, RunFigures, TradeFigures, Undefined};

    fn rows(values: &[Option<f64>]) -> Vec<SweepRow> {
        let figure = |value: Option<f64>| match value {
            Some(value) => Figure::Value(value),
            None => Figure::Undefined(Undefined::NoTrades),
        };
        let row = |(k, value): (usize, &Option<f64>)| SweepRow {
            combination: k as u64,
            params: [("fast".to_owned(), ParamValue::Integer(-(k as i64)))].into_iter().collect(),
            outcome: RowOutcome::Figures(Box::new(RowFigures {
                run: RunFigures::from_keys(|_| figure(*value)),
                trades: TradeFigures::from_keys(|_| figure(*value)),
            })),
        };
        values.iter().enumerate().map(row).collect()
    }

    fn order(rows: &[SweepRow], key: SortKey, goal: Goal) -> Vec<u64> {
        sorted(rows.iter(), &key, goal).iter().map(|row| row.combination).collect()
    }

    #[test]
    fn rows_without_a_value_are_last_whichever_way() {
        let rows = rows(&[None, Some(1.0), Some(3.0), None, Some(2.0), Some(3.0)]);
        let sharpe = || SortKey::Metric("sharpe".to_owned());
        assert_eq!(order(&rows, sharpe(), Goal::Highest), [2, 5, 4, 1, 0, 3]);
        assert_eq!(order(&rows, sharpe(), Goal::Lowest), [1, 4, 2, 5, 0, 3]);
        let fast = SortKey::Param("fast".to_owned());
        assert_eq!(order(&rows, fast, Goal::Lowest), [5, 4, 3, 2, 1, 0]);
    }

    #[test]
    fn the_best_is_the_first_of_equals_in_the_direction_of_the_metric() {
        let rows = rows(&[None, Some(1.0), Some(3.0), Some(1.0), Some(3.0)]);
        assert_eq!(best(rows.iter(), "sharpe").unwrap().combination, 2);
        assert_eq!(best(rows.iter(), "max_drawdown").unwrap().combination, 1);
        assert!(best(rows[..1].iter(), "sharpe").is_none());
    }

    #[test]
    fn a_row_without_the_value_passes_no_filter_on_it() {
        let rows = rows(&[None, Some(1.0), Some(3.0)]);
        let filter = |op| [Filter { metric: "trades".to_owned(), op, value: 1.0 }];
        let passing = |op| -> Vec<u64> {
            let filters = filter(op);
            rows.iter().filter(|row| passes(row, &filters)).map(|row| row.combination).collect()
        };
        assert_eq!(passing(Comparison::Gte), [1, 2]);
        assert_eq!(passing(Comparison::Gt), [2]);
        assert_eq!(passing(Comparison::Ne), [2]);
        assert_eq!(rows.iter().filter(|row| passes(row, &[])).count(), 3);
    }

    #[test]
    fn every_metric_of_which_less_is_better_is_one() {
        assert!(LOWEST.iter().all(|key| is_metric(key)));
        assert!(!is_metric("nonsense"));
    }
}
