//! The first bar at which two reports of one specification part.

use tapedeck_domain::chain::BLOCK_BARS;
use tapedeck_domain::metrics::{Figure, Metrics};
use tapedeck_domain::portfolio::EquityCurve;
use tapedeck_domain::report::Report;
use tapedeck_domain::trading::{Fill, Order, Trade};

use crate::results::Finished;

/// Where two reports part.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// The first bar that differs; none for what belongs to no bar.
    pub bar: Option<usize>,
    /// What differs there.
    pub what: Aspect,
    /// As it is stored.
    pub stored: Evidence,
    /// As it was computed.
    pub computed: Evidence,
}

/// What differs. Of several at one bar, the first of these is named: each explains the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Aspect {
    /// How many bars were simulated.
    Bars,
    /// An order.
    Orders,
    /// A fill.
    Fills,
    /// Units held.
    Position,
    /// Money.
    Cash,
    /// Cash plus the marked position.
    Equity,
    /// A round trip.
    Trades,
    /// State that only the hash chain covers; the bar is the first of the block.
    Chain,
    /// A statistic.
    Metrics,
}

impl Aspect {
    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bars => "bars",
            Self::Orders => "orders",
            Self::Fills => "fills",
            Self::Position => "position",
            Self::Cash => "cash",
            Self::Equity => "equity",
            Self::Trades => "trades",
            Self::Chain => "chain",
            Self::Metrics => "metrics",
        }
    }
}

/// A value on one of the sides.
#[derive(Debug, Clone, PartialEq)]
pub enum Evidence {
    /// Nothing is there.
    Missing,
    /// A number of things.
    Count(usize),
    /// A number.
    Number(f64),
    /// An order.
    Order(Order),
    /// A fill.
    Fill(Fill),
    /// A round trip.
    Trade(Trade),
    /// A hash.
    Hash(String),
    /// A statistic by its key.
    Figure(&'static str, Figure),
}

/// Everything that is stored against everything that was computed; `None` when it is the same.
pub(crate) fn first_difference(stored: &Finished, computed: &Report) -> Option<Difference> {
    let report = &stored.report;
    let of_bars = [
        bars(report, computed),
        orders(report, computed),
        fills(report, computed),
        account(stored, computed),
        trades(report, computed),
        chain(report, computed),
    ];
    let found = of_bars.into_iter().flatten().min_by_key(|found| (found.bar, found.what));
    found.or_else(|| metrics(report.metrics.as_ref(), computed.metrics.as_ref()))
}

fn at(bar: usize, what: Aspect, stored: Evidence, computed: Evidence) -> Option<Difference> {
    Some(Difference { bar: Some(bar), what, stored, computed })
}

fn bars(a: &Report, b: &Report) -> Option<Difference> {
    let (a, b) = (a.bars_done, b.bars_done);
    if a == b { None } else { at(a.min(b), Aspect::Bars, Evidence::Count(a), Evidence::Count(b)) }
}

/// The first pair that differs, with `None` where one side is shorter.
fn first_pair<'a, T: PartialEq>(a: &'a [T], b: &'a [T]) -> Option<(Option<&'a T>, Option<&'a T>)> {
    let longest = a.len().max(b.len());
    (0..longest).map(|i| (a.get(i), b.get(i))).find(|(a, b)| a != b)
}

fn evidence<T: Clone>(of: fn(T) -> Evidence, value: Option<&T>) -> Evidence {
    value.map_or(Evidence::Missing, |value| of(value.clone()))
}

/// The least bar that either side names.
fn least<T>(pair: (Option<&T>, Option<&T>), bar: impl Fn(&T) -> usize) -> usize {
    let bars = [pair.0, pair.1].into_iter().flatten().map(bar);
    bars.min().unwrap_or(0)
}

fn orders(a: &Report, b: &Report) -> Option<Difference> {
    let pair = first_pair(&a.orders, &b.orders)?;
    let placed = |order: &Order| (order.id, order.bar, order.kind, order.side);
    // Placed alike, they part when one of them ends.
    let alike = pair.0.map(placed) == pair.1.map(placed);
    let bar = least(pair, |order| match order.ended_bar {
        Some(ended) if alike => ended,
        Some(_) | None => order.bar,
    });
    let of = |order| evidence(Evidence::Order, order);
    at(bar, Aspect::Orders, of(pair.0), of(pair.1))
}

fn fills(a: &Report, b: &Report) -> Option<Difference> {
    let pair = first_pair(&a.fills, &b.fills)?;
    let of = |fill| evidence(Evidence::Fill, fill);
    at(least(pair, |fill| fill.bar), Aspect::Fills, of(pair.0), of(pair.1))
}

fn trades(a: &Report, b: &Report) -> Option<Difference> {
    let pair = first_pair(&a.trades, &b.trades)?;
    let of = |trade| evidence(Evidence::Trade, trade);
    at(least(pair, |trade| trade.exit_bar), Aspect::Trades, of(pair.0), of(pair.1))
}

fn account(stored: &Finished, computed: &Report) -> Option<Difference> {
    let capital = stored.job.submission.spec.capital;
    let (a, b) = (stored.equity(), EquityCurve::replay(stored.bars(), capital, &computed.fills));
    let columns = [
        (Aspect::Position, &a.position, &b.position),
        (Aspect::Cash, &a.cash, &b.cash),
        (Aspect::Equity, &a.equity, &b.equity),
    ];
    let differences = columns.into_iter().filter_map(|(what, a, b)| {
        let bar = a.iter().zip(b).position(|(a, b)| a.to_bits() != b.to_bits())?;
        at(bar, what, Evidence::Number(a[bar]), Evidence::Number(b[bar]))
    });
    differences.min_by_key(|found| (found.bar, found.what))
}

fn chain(a: &Report, b: &Report) -> Option<Difference> {
    let block = a.chain.first_difference(&b.chain)?;
    let of = |report: &Report| evidence(Evidence::Hash, report.chain.0.get(block));
    at(block * BLOCK_BARS, Aspect::Chain, of(a), of(b))
}

fn metrics(a: Option<&Metrics>, b: Option<&Metrics>) -> Option<Difference> {
    let (a, b) = match (a, b) {
        (Some(a), Some(b)) => (a, b),
        (None, None) => return None,
        (Some(_), None) | (None, Some(_)) => {
            let count = |metrics: Option<&Metrics>| Evidence::Count(usize::from(metrics.is_some()));
            let (stored, computed) = (count(a), count(b));
            return Some(Difference { bar: None, what: Aspect::Metrics, stored, computed });
        }
    };
    let (key, _, a, b) = figures(a, b).find(|(_, _, a, b)| a != b)?;
    let (stored, computed) = (Evidence::Figure(key, a), Evidence::Figure(key, b));
    Some(Difference { bar: None, what: Aspect::Metrics, stored, computed })
}

/// Every figure of two runs side by side: its key, its group, both values.
pub(crate) fn figures(
    a: &Metrics,
    b: &Metrics,
) -> impl Iterator<Item = (&'static str, &'static str, Figure, Figure)> {
    let run = a.run.entries().zip(b.run.entries()).map(|((d, a), (_, b))| (d.key, "run", a, b));
    let all = a.all.entries().zip(b.all.entries()).map(|((d, a), (_, b))| (d.key, "all", a, b));
    let long = a.long.entries().zip(b.long.entries()).map(|((d, a), (_, b))| (d.key, "long", a, b));
    let short =
        a.short.entries().zip(b.short.entries()).map(|((d, a), (_, b))| (d.key, "short", a, b));
    run.chain(all).chain(long).chain(short)
}
