//! A check that orders do not depend on bars that had not happened when they were placed.
//!
//! The run is repeated up to a cut, once with nothing after it and once with bars after it that
//! are nothing like the real ones. Whatever was ordered up to the cut must be the same.

use rand_pcg::Pcg64;
use rand_pcg::rand_core::{Rng as _, SeedableRng as _};
use tapedeck_domain::bars::{BarView, Bars, Columns};
use tapedeck_domain::report::{CheckResult, Report};
use tapedeck_domain::spec::{Check, Specification};
use tapedeck_domain::trading::{Fill, Order};

use crate::Control;
use crate::control::OnlyStop;
use crate::simulation::play;
use crate::strategy::Strategy;

/// Cuts at bars that placed an order: who looks one bar ahead is found there.
const CUTS_AT_ORDERS: usize = 12;
/// Cuts anywhere.
const CUTS_ANYWHERE: usize = 4;
/// Bars after a cut that are replaced.
const POISONED: usize = 256;

/// Looks at some cuts, drawn from the seed of the specification. A check that `control` stops has
/// not passed.
pub(crate) fn lookahead<S: Strategy>(
    bars: BarView<'_>,
    spec: &Specification,
    report: &Report,
    make: &mut dyn FnMut() -> S,
    control: &mut dyn Control,
) -> CheckResult {
    let cuts = cuts(bars.len(), &report.orders, spec.seed);
    let samples = u32::try_from(2 * cuts.len()).unwrap_or(u32::MAX);
    let mut first = None::<usize>;
    for cut in cuts {
        let truncated = bars.first(cut + 1);
        let poisoned = poisoned(bars, cut);
        let futures = std::iter::once(truncated).chain(poisoned.as_ref().map(Bars::view));
        for future in futures {
            let mut strategy = make();
            let (done, broker) = play(future, spec, &mut strategy, &mut OnlyStop(control));
            if done < future.len() {
                return stopped(samples);
            }
            let (orders, fills) = (&broker.ledger.orders, &broker.ledger.fills);
            let found = difference(report, orders, fills, cut);
            first = first.into_iter().chain(found).min();
        }
    }
    result(samples, first)
}

fn stopped(samples: u32) -> CheckResult {
    let detail = "the run was stopped before the check had ended".to_owned();
    CheckResult { check: Check::Lookahead, passed: false, samples, first_bar: None, detail }
}

fn result(samples: u32, first_bar: Option<usize>) -> CheckResult {
    let detail = match first_bar {
        None => format!("no order changed in {samples} runs without the bars that came later"),
        Some(bar) => format!(
            "without the bars that came later, orders differ at bar {bar}: the strategy looks ahead"
        ),
    };
    CheckResult { check: Check::Lookahead, passed: first_bar.is_none(), samples, first_bar, detail }
}

fn cuts(n: usize, orders: &[Order], seed: u64) -> Vec<usize> {
    let mut random = Pcg64::seed_from_u64(seed);
    let mut below = |n: usize| (random.next_u64() % n.max(1) as u64) as usize;
    let mut cuts: Vec<usize> = Vec::new();
    if !orders.is_empty() {
        cuts.extend((0..CUTS_AT_ORDERS).map(|_| orders[below(orders.len())].bar));
    }
    cuts.extend((0..CUTS_ANYWHERE).map(|_| below(n)));
    cuts.sort_unstable();
    cuts.dedup();
    cuts
}

/// The bars up to the cut, then some that swing between a tenth and ten times the last price.
fn poisoned(bars: BarView<'_>, cut: usize) -> Option<Bars> {
    let end = bars.len().min(cut + 1 + POISONED);
    let from = cut + 1;
    let kept = bars.first(from);
    let last = bars.close[cut];
    let mut columns = Columns {
        time: bars.time[..end].to_vec(),
        open: kept.open.to_vec(),
        high: kept.high.to_vec(),
        low: kept.low.to_vec(),
        close: kept.close.to_vec(),
        volume: kept.volume.to_vec(),
        quotes: None,
    };
    for i in from..end {
        let (open, close) =
            if i % 2 == 0 { (last * 10.0, last / 10.0) } else { (last / 10.0, last * 10.0) };
        columns.volume.push(bars.volume[i] * 7.0 + 1.0);
        columns.open.push(open);
        columns.close.push(close);
        columns.high.push(open.max(close));
        columns.low.push(open.min(close));
    }
    columns.quotes = bars.quotes.map(|quotes| quotes.first(end).to_owned());
    Bars::new(columns).ok()
}

/// The first bar up to the cut at which something else was ordered or filled.
fn difference(report: &Report, orders: &[Order], fills: &[Fill], cut: usize) -> Option<usize> {
    let known =
        |order: &Order| (order.bar, order.kind, order.side, order.limit_price, order.stop_price);
    let placed = |orders: &[Order]| -> Vec<_> {
        orders.iter().filter(|order| order.bar <= cut).map(known).collect()
    };
    let filled = |fills: &[Fill]| -> Vec<Fill> {
        fills.iter().filter(|fill| fill.bar <= cut).copied().collect()
    };
    let ordered = first_difference(&placed(&report.orders), &placed(orders), |order| order.0);
    let traded = first_difference(&filled(&report.fills), &filled(fills), |fill| fill.bar);
    ordered.into_iter().chain(traded).min()
}

fn first_difference<T: PartialEq>(a: &[T], b: &[T], bar: impl Fn(&T) -> usize) -> Option<usize> {
    let longest = a.len().max(b.len());
    let i = (0..longest).find(|i| a.get(*i) != b.get(*i))?;
    a.get(i).into_iter().chain(b.get(i)).map(bar).min()
}
