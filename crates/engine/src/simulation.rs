//! The bar loop.

use tapedeck_domain::bars::BarView;
use tapedeck_domain::portfolio::EquityCurve;
use tapedeck_domain::report::Report;
use tapedeck_domain::spec::Specification;

use crate::broker::Broker;
use crate::control::CHECK_EVERY;
use crate::statistics::{self, Facts};
use crate::strategy::{Context, Decision, Strategy};
use crate::{Control, ENGINE_VERSION};

/// Runs `strategy` over `bars`, which are those of the range.
///
/// For each bar, in this order: what was queued fills at the open; protective levels are
/// looked at; the strategy sees the close and decides what is queued for the next bar. When
/// `control` stops the run, the report covers the bars that were done.
pub fn run<S: Strategy>(
    bars: BarView<'_>,
    spec: &Specification,
    strategy: &mut S,
    control: &mut dyn Control,
) -> Report {
    let mut broker = Broker::new(bars, spec);
    let mut done = 0;
    while done < bars.len() && control.go_on(done) {
        let end = bars.len().min(done + CHECK_EVERY);
        strategy.prepare(bars, done..end);
        simulate(done..end, spec, &mut broker, strategy, bars);
        done = end;
    }
    report(bars, done, spec, broker)
}

fn simulate<S: Strategy>(
    range: std::ops::Range<usize>,
    spec: &Specification,
    broker: &mut Broker<'_>,
    strategy: &mut S,
    bars: BarView<'_>,
) {
    for i in range {
        if !broker.is_idle() {
            broker.open(i);
            broker.protect(i);
        }
        let position = broker.side();
        let context = Context { bars, i, position, direction: spec.direction };
        match strategy.on_close(context) {
            Decision::Hold => {}
            Decision::Enter(side) if position.is_none() => broker.queue_entry(i, side),
            Decision::Enter(_) => {}
            Decision::Exit => broker.queue_exit(i),
        }
    }
}

fn report(bars: BarView<'_>, done: usize, spec: &Specification, broker: Broker<'_>) -> Report {
    let simulated = bars.first(done);
    let open_trade = done.checked_sub(1).and_then(|last| broker.open_trade(last));
    let curve = EquityCurve::replay(simulated, spec.capital, &broker.fills);
    let facts = Facts {
        bars: simulated,
        periods_per_year: spec.dataset.periods_per_year,
        capital: spec.capital.get(),
        curve: &curve,
        orders: &broker.orders,
        fills: &broker.fills,
        trades: &broker.trades,
        open_trade: open_trade.as_ref(),
        ambiguous_bars: broker.ambiguous_bars,
    };
    let metrics = statistics::metrics(&facts);
    Report {
        engine_version: ENGINE_VERSION.to_owned(),
        bars_done: done,
        bars_total: bars.len(),
        orders: broker.orders,
        fills: broker.fills,
        trades: broker.trades,
        open_trade,
        metrics,
        chain: Default::default(),
        envelope: Vec::new(),
        checks: Vec::new(),
        log: Vec::new(),
        log_dropped: 0,
    }
}
