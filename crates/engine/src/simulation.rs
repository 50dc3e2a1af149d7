//! The bar loop.

use tapedeck_domain::bars::BarView;
use tapedeck_domain::chain::{BLOCK_BARS, HashChain, History};
use tapedeck_domain::portfolio::{equity, stretches};
use tapedeck_domain::report::Report;
use tapedeck_domain::spec::{Check, Specification};
use tapedeck_domain::sweep::RowFigures;

use crate::broker::Broker;
use crate::envelope::envelope;
use crate::lookahead::lookahead;
use crate::statistics::{self, Facts};
use crate::strategy::{Context, Decision, Strategy};
use crate::{Control, Done, ENGINE_VERSION};

/// The bars of a run.
#[derive(Debug, Clone, Copy)]
pub struct Market<'a> {
    /// Those of the range.
    pub bars: BarView<'a>,
    /// Those of the benchmark over the same time; those of the range when nothing is said.
    pub benchmark: Option<BarView<'a>>,
}

impl<'a> From<BarView<'a>> for Market<'a> {
    fn from(bars: BarView<'a>) -> Self {
        Self { bars, benchmark: None }
    }
}

/// Runs `strategy` over the bars of `market`.
///
/// For each bar, in this order: what was queued fills; protective levels are looked at; the
/// strategy sees the close and decides what is queued for the next bar. When `control` stops the
/// run, the report covers the bars that were done.
pub fn run<S: Strategy>(
    market: Market<'_>,
    spec: &Specification,
    strategy: &mut S,
    control: &mut dyn Control,
) -> Report {
    let (done, broker) = play(market.bars, spec, strategy, control);
    report(market, done, spec, broker)
}

/// The same with everything that is asked of a whole run beside its simulation: the envelope of
/// its execution and the checks of the specification. `make` makes the strategy anew.
pub fn run_whole<S: Strategy>(
    market: Market<'_>,
    spec: &Specification,
    make: &mut dyn FnMut() -> S,
    control: &mut dyn Control,
) -> Report {
    let mut report = run(market, spec, &mut make(), control);
    if report.is_complete() {
        report.envelope = envelope(market.bars, spec, &report, make, control);
        let asked = spec.checks.contains(&Check::Lookahead);
        let found = asked.then(|| lookahead(market.bars, spec, &report, make, control));
        report.checks.extend(found);
    }
    report
}

/// Simulates until the end, or until `control` stops it, and gives the number of bars done.
pub(crate) fn play<'a, S: Strategy>(
    bars: BarView<'a>,
    spec: &'a Specification,
    strategy: &mut S,
    control: &mut dyn Control,
) -> (usize, Broker<'a>) {
    let mut broker = Broker::new(bars, spec);
    let mut done = 0;
    while done < bars.len() && control.go_on(so_far(done, &broker)) {
        let end = bars.len().min(done + BLOCK_BARS);
        strategy.prepare(bars, done..end);
        if let Some(stopped) = play_block(done..end, spec, &mut broker, strategy, bars) {
            return (stopped, broker);
        }
        done = end;
    }
    if done == bars.len() && done > 0 {
        broker.close_at_end(done - 1);
    }
    (done, broker)
}

fn so_far(bars: usize, broker: &Broker<'_>) -> Done {
    Done { bars, orders: broker.ledger.orders.len() }
}

/// Plays a block, and gives the number of bars done when the strategy stopped the run in it.
fn play_block<S: Strategy>(
    block: std::ops::Range<usize>,
    spec: &Specification,
    broker: &mut Broker<'_>,
    strategy: &mut S,
    bars: BarView<'_>,
) -> Option<usize> {
    warm(&bars.open[block.clone()]);
    let mut i = block.start;
    while i < block.end {
        if broker.is_idle() {
            i = strategy.next(i, block.end, broker.side());
            if i >= block.end {
                return None;
            }
        } else {
            broker.bar(i);
        }
        let position = broker.side();
        let account = broker.account();
        let context = Context { bars, i, position, direction: spec.direction, account };
        match strategy.on_close(context) {
            Decision::Stop => return Some(i + 1),
            decision @ (Decision::Hold
            | Decision::Enter(_)
            | Decision::Exit
            | Decision::EnterBy { .. }
            | Decision::ExitBy { .. }) => decide(broker, i, decision),
        }
        i += 1;
    }
    None
}

/// Touches each line of the cache that `opens` fill. Orders fill at opens that lie far apart: one
/// by one, each of them would be waited for.
fn warm(opens: &[f64]) {
    std::hint::black_box(opens.iter().step_by(8).fold(0.0, |sum, open| sum + open));
}

#[inline]
fn decide(broker: &mut Broker<'_>, i: usize, decision: Decision) {
    match decision {
        Decision::Hold | Decision::Stop => {}
        Decision::Enter(side) => broker.enter(i, side),
        Decision::Exit => broker.exit_by(i, crate::strategy::Ticket::Market, usize::MAX),
        Decision::EnterBy { side, ticket, valid_bars } => {
            broker.enter_by(i, side, ticket, valid_bars);
        }
        Decision::ExitBy { ticket, valid_bars } => broker.exit_by(i, ticket, valid_bars),
    }
}

/// The statistics of a whole run and nothing else of it, as [`run`] gives them; `None` when
/// `control` stopped it.
pub(crate) fn measure<S: Strategy>(
    market: Market<'_>,
    spec: &Specification,
    strategy: &mut S,
    control: &mut dyn Control,
) -> Option<RowFigures> {
    let (done, broker) = play(market.bars, spec, strategy, control);
    let whole = done == market.bars.len();
    whole.then(|| with_facts(market, done, spec, &broker, statistics::row)).flatten()
}

/// What is found from the facts of the first `done` bars.
fn with_facts<T>(
    market: Market<'_>,
    done: usize,
    spec: &Specification,
    broker: &Broker<'_>,
    find: impl FnOnce(&Facts<'_>) -> T,
) -> T {
    let bars = market.bars.first(done);
    let open_trade = done.checked_sub(1).and_then(|last| broker.open_trade(last));
    let ledger = &broker.ledger;
    let stretches: Vec<_> = stretches(done, spec.capital, &ledger.fills).collect();
    let equity = equity(bars.close, &stretches);
    find(&Facts {
        bars,
        benchmark: market.benchmark.unwrap_or(bars),
        periods_per_year: spec.dataset.periods_per_year,
        capital: spec.capital.get(),
        equity: &equity,
        stretches: &stretches,
        orders: &ledger.orders,
        fills: &ledger.fills,
        trades: &ledger.trades,
        open_trade: open_trade.as_ref(),
        ambiguous_bars: ledger.ambiguous_bars,
    })
}

fn report(market: Market<'_>, done: usize, spec: &Specification, broker: Broker<'_>) -> Report {
    let (metrics, chain) = with_facts(market, done, spec, &broker, |facts| {
        let Facts { equity, stretches, orders, fills, .. } = *facts;
        let history = History { equity, stretches, orders, fills };
        (statistics::metrics(facts), HashChain::of(history))
    });
    let open_trade = done.checked_sub(1).and_then(|last| broker.open_trade(last));
    let ledger = broker.ledger;
    Report {
        engine_version: ENGINE_VERSION.to_owned(),
        bars_done: done,
        bars_total: market.bars.len(),
        chain,
        orders: ledger.orders,
        fills: ledger.fills,
        trades: ledger.trades,
        open_trade,
        metrics,
        envelope: Vec::new(),
        checks: Vec::new(),
        log: ledger.log,
        log_dropped: ledger.log_dropped,
        fuel: None,
    }
}
