//! Two finished backtests side by side.

use std::collections::BTreeMap;

use tapedeck_domain::metrics::Figure;
use tapedeck_domain::time::Timestamp;
use tapedeck_domain::trading::{Trade, TradeSide};

use crate::difference::figures;
use crate::results::Finished;

/// How two runs differ in what they did.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// Their round trips.
    pub trades: TradeComparison,
    /// The statistics that differ.
    pub metrics: Vec<FigureDifference>,
    /// The first bar at which the equity parts.
    pub parting: Option<Parting>,
}

/// Round trips side by side; two are the same when they have the time of entry and the side in
/// common. Indexes are those of the runs' tables.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TradeComparison {
    /// How many are alike in everything.
    pub matched: usize,
    /// Those that differ, of the first run and of the second.
    pub changed: Vec<(usize, usize)>,
    /// Those of the first run that the second does not have.
    pub only_in_a: Vec<usize>,
    /// Those of the second run that the first does not have.
    pub only_in_b: Vec<usize>,
}

impl TradeComparison {
    /// How many have no counterpart.
    pub const fn missing(&self) -> usize {
        self.only_in_a.len() + self.only_in_b.len()
    }
}

/// A statistic that differs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FigureDifference {
    /// Its key.
    pub key: &'static str,
    /// `run`, or the trades that it is about: `all`, `long`, `short`.
    pub group: &'static str,
    /// Of the first run.
    pub a: Figure,
    /// Of the second run.
    pub b: Figure,
}

/// Where the equity of two runs parts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Parting {
    /// The bar of the first run, or of the second where the first has none.
    pub bar: usize,
    /// Its time.
    pub time: Timestamp,
    /// Equity of the first run; none where it has no such bar.
    pub a: Option<f64>,
    /// Equity of the second run.
    pub b: Option<f64>,
}

/// Compares two runs, by time where their bars are not the same.
pub fn compare(a: &Finished, b: &Finished) -> Comparison {
    Comparison { trades: trades(a, b), metrics: metrics(a, b), parting: parting(a, b) }
}

type Key = (i64, bool);

fn key(run: &Finished, trade: &Trade) -> Key {
    (run.bars().time[trade.entry_bar], trade.side == TradeSide::Short)
}

fn trades(a: &Finished, b: &Finished) -> TradeComparison {
    let rows = b.report.trades.iter().enumerate();
    let mut unmatched: BTreeMap<Key, usize> = rows.map(|(i, t)| (key(b, t), i)).collect();
    let mut found = TradeComparison::default();
    for (i, trade) in a.report.trades.iter().enumerate() {
        match unmatched.remove(&key(a, trade)) {
            None => found.only_in_a.push(i),
            Some(j) if alike(a, trade, b, &b.report.trades[j]) => found.matched += 1,
            Some(j) => found.changed.push((i, j)),
        }
    }
    found.only_in_b = unmatched.into_values().collect();
    found.only_in_b.sort_unstable();
    found
}

/// Alike in everything but their numbers within the run and their bars' indexes.
fn alike(a: &Finished, trade: &Trade, b: &Finished, other: &Trade) -> bool {
    let same_exit = a.bars().time[trade.exit_bar] == b.bars().time[other.exit_bar];
    let Trade { id, entry_bar, exit_bar, .. } = *other;
    same_exit && Trade { id, entry_bar, exit_bar, ..*trade } == *other
}

fn metrics(a: &Finished, b: &Finished) -> Vec<FigureDifference> {
    let (Some(a), Some(b)) = (&a.report.metrics, &b.report.metrics) else { return Vec::new() };
    let differing = figures(a, b).filter(|(_, _, a, b)| a != b);
    differing.map(|(key, group, a, b)| FigureDifference { key, group, a, b }).collect()
}

fn parting(a: &Finished, b: &Finished) -> Option<Parting> {
    let (times, others) = (a.bars(), b.bars());
    let (equity, other) = (&a.equity().equity, &b.equity().equity);
    let longest = times.len().max(others.len());
    // Up to the parting all times are the same, so one index serves for both.
    (0..longest).find_map(|i| {
        let (x, y) = (times.time.get(i), others.time.get(i));
        let (of_a, of_b) = match (x, y) {
            (Some(x), Some(y)) if x == y => (Some(equity[i]), Some(other[i])),
            (Some(x), Some(y)) if x < y => (Some(equity[i]), None),
            (Some(_), None) => (Some(equity[i]), None),
            (_, Some(_)) => (None, Some(other[i])),
            (None, None) => return None,
        };
        let time = if of_a.is_some() { times.timestamp(i) } else { others.timestamp(i) };
        let parted = of_a.map(f64::to_bits) != of_b.map(f64::to_bits);
        parted.then_some(Parting { bar: i, time, a: of_a, b: of_b })
    })
}
