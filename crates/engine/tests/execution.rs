//! Orders, sizes and costs on hand-made bars.

#[expect(dead_code, reason = "shared with other tests")]
mod support;

use support::spec;
use tapedeck_domain::bars::{Bars, Columns, Quotes};
use tapedeck_domain::number::Capital;
use tapedeck_domain::report::Report;
use tapedeck_domain::spec::{
    Commission, EntryOrder, FillAt, Intrabar, RiskActive, Sizing, Slippage, Specification,
};
use tapedeck_domain::trading::{ExitReason, OrderKind, OrderStatus, RejectReason, TradeSide};
use tapedeck_engine::strategy::{Context, Decision, Strategy, Ticket};
use tapedeck_engine::{Unattended, run, run_whole};

/// Bars of open, high, low, close, a minute apart, with a volume of 100.
fn bars(rows: &[[f64; 4]]) -> Bars {
    let column = |k: usize| rows.iter().map(|row| row[k]).collect();
    Bars::new(Columns {
        time: (0..rows.len() as i64).map(|i| i * 60_000_000_000).collect(),
        open: column(0),
        high: column(1),
        low: column(2),
        close: column(3),
        volume: vec![100.0; rows.len()],
        quotes: None,
    })
    .unwrap()
}

/// Decides what is written for each bar.
#[derive(Clone)]
struct Script(Vec<(usize, Decision)>);

impl Strategy for Script {
    fn on_close(&mut self, context: Context<'_>) -> Decision {
        let found = self.0.iter().find(|(bar, _)| *bar == context.i);
        found.map_or(Decision::Hold, |(_, decision)| *decision)
    }
}

const LONG: Decision = Decision::Enter(TradeSide::Long);
const SHORT: Decision = Decision::Enter(TradeSide::Short);

fn number<T: TryFrom<f64, Error: std::fmt::Debug>>(value: f64) -> T {
    T::try_from(value).unwrap()
}

/// One unit from 1,000, free of costs, unless `change` says otherwise.
fn specification(change: impl FnOnce(&mut Specification)) -> Specification {
    let mut spec = spec(1, 2, 0.0);
    spec.capital = number::<Capital>(1_000.0);
    spec.sizing = Sizing::FixedQuantity { value: number(1.0) };
    change(&mut spec);
    spec
}

fn play(
    rows: &[[f64; 4]],
    script: &[(usize, Decision)],
    change: impl FnOnce(&mut Specification),
) -> Report {
    let (bars, spec) = (bars(rows), specification(change));
    run(bars.view().into(), &spec, &mut Script(script.to_vec()), &mut Unattended)
}

fn fills(report: &Report) -> Vec<(usize, f64, f64)> {
    report.fills.iter().map(|fill| (fill.bar, fill.quantity, fill.price)).collect()
}

const FLAT: [f64; 4] = [100.0, 101.0, 99.0, 100.0];

#[test]
fn a_limit_entry_waits_for_its_price_and_expires() {
    let limit = |valid_bars| {
        move |spec: &mut Specification| {
            let (offset_bps, valid_bars) = (number(200.0), number(valid_bars));
            spec.execution.entry = EntryOrder::Limit { offset_bps, valid_bars };
        }
    };
    let rows = [FLAT, FLAT, [99.0, 99.5, 97.0, 98.0], FLAT];
    let report = play(&rows, &[(0, LONG)], limit(2.0));
    assert_eq!(fills(&report), [(2, 1.0, 98.0)]);
    assert_eq!(report.orders[0].limit_price, Some(98.0));
    let report = play(&rows, &[(0, LONG)], limit(1.0));
    assert_eq!(report.orders[0].status, OrderStatus::Expired);
    assert!(report.fills.is_empty());
}

#[test]
fn a_stop_limit_entry_that_gaps_past_its_limit_waits_there() {
    let change = |spec: &mut Specification| {
        spec.execution.entry = EntryOrder::StopLimit {
            offset_bps: number(100.0),
            limit_offset_bps: number(100.0),
            valid_bars: number(5.0),
        };
    };
    let rows = [FLAT, [105.0, 106.0, 101.5, 104.0], [103.0, 104.0, 101.0, 102.0], FLAT];
    let report = play(&rows, &[(0, LONG)], change);
    assert_eq!(fills(&report), [(2, 1.0, 101.0 * 1.01)], "not in the bar that armed it");
    assert_eq!(report.orders[0].kind, OrderKind::StopLimit);
}

#[test]
fn a_strategy_may_leave_by_orders_of_its_own() {
    let rows = [FLAT, FLAT, [100.0, 103.0, 99.0, 102.0], [102.0, 102.5, 95.0, 96.0], FLAT];
    let exit = |ticket| (1, Decision::ExitBy { ticket, valid_bars: 10 });
    let by = |ticket| {
        let report = play(&rows, &[(0, LONG), exit(ticket)], |_| ());
        (fills(&report)[1], report.trades[0].exit_reason)
    };
    let signal = ExitReason::Signal;
    assert_eq!(by(Ticket::Limit { limit: 102.0 }), ((2, 1.0, 102.0), signal));
    assert_eq!(by(Ticket::Stop { stop: 97.0 }), ((3, 1.0, 97.0), signal));
    assert_eq!(by(Ticket::StopLimit { stop: 97.0, limit: 96.5 }), ((3, 1.0, 97.0), signal));
    let trailing = Ticket::TrailingStop { stop: 90.0, distance: 0.05 };
    assert_eq!(by(trailing), ((3, 1.0, 103.0 * 0.95), signal));
}

#[test]
fn an_order_without_a_price_above_zero_is_rejected() {
    let decision = Decision::EnterBy {
        side: TradeSide::Long,
        ticket: Ticket::Limit { limit: -1.0 },
        valid_bars: 1,
    };
    let report = play(&[FLAT, FLAT], &[(0, decision)], |_| ());
    assert_eq!(report.orders[0].reject_reason, Some(RejectReason::InvalidPrice));
    assert_eq!(report.log.len(), 1);
}

#[test]
fn the_trailing_stop_of_the_risk_follows_from_the_entry_bar_on() {
    let change = |spec: &mut Specification| spec.risk.trailing_stop = Some(number(0.05));
    let rows = [
        FLAT,
        [100.0, 110.0, 99.0, 108.0],
        [108.0, 109.0, 105.0, 106.0],
        [106.0, 107.0, 103.0, 104.0],
    ];
    let report = play(&rows, &[(0, LONG)], change);
    assert_eq!(report.trades[0].exit_reason, ExitReason::TrailingStop);
    assert_eq!(fills(&report)[1], (3, 1.0, 110.0 * 0.95));
    let rows =
        [FLAT, [100.0, 101.0, 90.0, 92.0], [92.0, 93.0, 91.0, 92.0], [92.0, 95.0, 91.0, 94.0]];
    let report = play(&rows, &[(0, SHORT)], change);
    assert_eq!(fills(&report)[1], (3, 1.0, 90.0 * 1.05), "mirrored for shorts");
}

#[test]
fn trade_on_close_fills_at_the_close_that_gave_the_signal() {
    let rows = [[100.0, 101.0, 99.0, 100.5], [100.0, 104.0, 90.0, 103.0], FLAT];
    let change = |spec: &mut Specification| {
        spec.execution.fill = FillAt::Close;
        spec.risk.active = RiskActive::SameBar;
        spec.risk.stop_loss = Some(number(0.001));
    };
    let report = play(&rows, &[(0, LONG)], change);
    assert_eq!(fills(&report), [(0, 1.0, 100.5), (1, 1.0, 100.0)], "the bar's own low came before");
    let report = play(&rows, &[(0, LONG), (1, Decision::Exit)], |spec| {
        spec.execution.fill = FillAt::Close;
    });
    assert_eq!(fills(&report), [(0, 1.0, 100.5), (1, 1.0, 103.0)]);
}

#[test]
fn what_is_open_at_the_end_is_closed_if_asked() {
    let rows = [FLAT, FLAT, [100.0, 106.0, 99.0, 105.0]];
    let report = play(&rows, &[(0, LONG)], |spec| spec.execution.close_at_end = true);
    assert_eq!(report.trades[0].exit_reason, ExitReason::EndOfData);
    assert_eq!((report.trades[0].exit_price, report.open_trade), (105.0, None));
    let report = play(&rows, &[(0, LONG)], |_| ());
    assert_eq!(report.open_trade.unwrap().open_pnl, 5.0);
}

#[test]
fn a_thin_market_fills_in_parts_and_averages_the_price() {
    let change = |spec: &mut Specification| {
        spec.capital = number(1e6);
        spec.sizing = Sizing::FixedQuantity { value: number(25.0) };
        spec.execution.max_volume_share = Some(number(0.1));
        spec.costs.commission = Commission::Fixed { value: number(7.0) };
    };
    let at = |price: f64| [price, price + 1.0, price - 1.0, price];
    let rows =
        [at(100.0), at(100.0), at(110.0), at(120.0), at(130.0), at(140.0), at(150.0), at(160.0)];
    let report = play(&rows, &[(0, LONG), (4, Decision::Exit), (5, Decision::Exit)], change);
    let expected = [
        (1, 10.0, 100.0),
        (2, 10.0, 110.0),
        (3, 5.0, 120.0),
        (5, 10.0, 140.0),
        (6, 10.0, 150.0),
        (7, 5.0, 160.0),
    ];
    assert_eq!(fills(&report), expected);
    let trade = &report.trades[0];
    assert_eq!((trade.quantity, trade.entry_price, trade.exit_price), (25.0, 108.0, 148.0));
    assert_eq!((trade.commission, trade.pnl), (14.0, 25.0 * 40.0 - 14.0));
    assert_eq!(report.orders.len(), 2, "asking again while an exit waits changes nothing");
    assert!(report.orders.iter().all(|order| order.status == OrderStatus::Filled));
}

#[test]
fn what_a_thin_bar_leaves_of_a_stop_goes_at_the_next_open() {
    let change = |spec: &mut Specification| {
        spec.sizing = Sizing::FixedQuantity { value: number(4.0) };
        spec.execution.max_volume_share = Some(number(0.04));
        spec.risk.stop_loss = Some(number(0.1));
    };
    let (mut thin, spec) = (bars(&[FLAT; 4]), specification(change));
    let mut columns = Columns {
        time: thin.view().time.to_vec(),
        open: vec![100.0, 100.0, 95.0, 80.0],
        high: vec![101.0, 101.0, 96.0, 81.0],
        low: vec![99.0, 99.0, 85.0, 79.0],
        close: vec![100.0, 100.0, 86.0, 80.0],
        volume: vec![100.0, 100.0, 75.0, 100.0],
        quotes: None,
    };
    thin = Bars::new(columns.clone()).unwrap();
    let report = run(thin.view().into(), &spec, &mut Script(vec![(0, LONG)]), &mut Unattended);
    assert_eq!(fills(&report), [(1, 4.0, 100.0), (2, 3.0, 90.0), (3, 1.0, 80.0)]);
    assert_eq!(report.trades[0].exit_reason, ExitReason::StopLoss);
    columns.volume[2] = 0.0;
    thin = Bars::new(columns).unwrap();
    let report = run(thin.view().into(), &spec, &mut Script(vec![(0, LONG)]), &mut Unattended);
    assert_eq!(fills(&report), [(1, 4.0, 100.0), (3, 4.0, 80.0)]);
}

#[test]
fn sizes_in_money_never_cost_more_than_the_money() {
    let rows = [FLAT, [3.7, 100.0, 3.0, 4.0], FLAT];
    let costs = [
        Commission::Bps { value: number(10.0), minimum: None },
        Commission::Bps { value: number(10.0), minimum: Some(number(5.0)) },
        Commission::PerShare { value: number(0.013), minimum: None },
        Commission::Fixed { value: number(9.99) },
    ];
    for commission in costs {
        let report = play(&rows, &[(0, LONG)], |spec| {
            spec.costs.commission = commission;
            spec.sizing = Sizing::PercentOfEquity { value: number(1.0) };
        });
        let fill = &report.fills[0];
        let cost = fill.quantity * fill.price + fill.commission;
        assert!(cost <= 1_000.0 && cost > 999.999, "{commission:?}: {cost}");
    }
    let report = play(&rows, &[(0, LONG)], |spec| {
        spec.sizing = Sizing::FixedCash { value: number(500.0) };
        spec.execution.lot_size = Some(number(10.0));
    });
    assert_eq!(report.fills[0].quantity, 130.0);
}

#[test]
fn the_risk_to_the_stop_decides_the_size() {
    let rows = [FLAT, FLAT, FLAT];
    let report = play(&rows, &[(0, LONG)], |spec| {
        spec.sizing = Sizing::RiskToStop { value: number(0.01) };
        spec.risk.stop_loss = Some(number(0.05));
    });
    assert!((report.fills[0].quantity - 2.0).abs() < 1e-12, "10 at risk, 5 a unit");
    let report = play(&[FLAT, [90.0, 91.0, 89.0, 90.0]], &[(0, LONG)], |spec| {
        spec.sizing = Sizing::RiskToStop { value: number(0.01) };
        spec.risk.stop_loss = Some(number(0.05));
        spec.risk.level = tapedeck_domain::spec::RiskLevel::SignalClose;
    });
    assert_eq!(report.orders[0].reject_reason, Some(RejectReason::NoRisk));
}

#[test]
fn a_size_of_no_lot_at_all_is_rejected() {
    let report = play(&[FLAT, FLAT], &[(0, LONG)], |spec| {
        spec.execution.lot_size = Some(number(100.0));
        spec.sizing = Sizing::FixedCash { value: number(500.0) };
    });
    assert_eq!(report.orders[0].reject_reason, Some(RejectReason::ZeroQuantity));
    assert_eq!(report.orders[0].status, OrderStatus::Rejected);
}

#[test]
fn commissions_have_their_kinds_and_a_minimum_an_order() {
    let paid = |commission| {
        let report = play(&[FLAT, FLAT], &[(0, LONG)], |spec| {
            spec.costs.commission = commission;
            spec.sizing = Sizing::FixedQuantity { value: number(5.0) };
        });
        report.fills[0].commission
    };
    assert_eq!(paid(Commission::Bps { value: number(10.0), minimum: None }), 0.5);
    assert_eq!(paid(Commission::Bps { value: number(10.0), minimum: Some(number(2.0)) }), 2.0);
    assert_eq!(paid(Commission::PerShare { value: number(0.5), minimum: Some(number(2.0)) }), 2.5);
    assert_eq!(paid(Commission::Fixed { value: number(3.0) }), 3.0);
}

#[test]
fn slippage_in_ticks_goes_against_the_order_and_lands_on_a_tick() {
    let rows = [FLAT, [100.1, 101.0, 99.0, 100.0], FLAT];
    let report = play(&rows, &[(0, LONG), (1, Decision::Exit)], |spec| {
        spec.costs.slippage = Slippage::Ticks { value: number(2.0) };
        spec.execution.tick_size = Some(number(0.25));
    });
    assert_eq!(fills(&report), [(1, 1.0, 100.75), (2, 1.0, 99.5)]);
}

#[test]
fn slippage_in_spreads_is_measured_from_mid() {
    let mut columns = Columns {
        time: vec![0, 1, 2],
        open: vec![100.0; 3],
        high: vec![102.0; 3],
        low: vec![98.0; 3],
        close: vec![100.0; 3],
        volume: vec![1.0; 3],
        quotes: None,
    };
    let quotes = |bid: f64, ask: f64| Quotes {
        bid_mean: vec![bid; 3],
        ask_mean: vec![ask; 3],
        spread_mean: vec![ask - bid; 3],
    };
    columns.quotes = Some(quotes(100.5, 101.5));
    let bars = Bars::new(columns).unwrap();
    let spec = specification(|spec| spec.costs.slippage = Slippage::KSpread { value: number(0.5) });
    let mut script = Script(vec![(0, LONG), (1, Decision::Exit)]);
    let report = run(bars.view().into(), &spec, &mut script, &mut Unattended);
    assert_eq!(fills(&report), [(1, 1.0, 101.5), (2, 1.0, 100.5)]);
    assert_eq!(report.fills[0].slippage, 0.5);
}

#[test]
fn the_envelope_says_how_much_the_way_inside_bars_matters() {
    // Bar 2 touches stop and target; its open is nearer to the low.
    let rows = [FLAT, FLAT, [99.0, 106.0, 94.0, 100.0], FLAT];
    let with = |intrabar| {
        let spec = specification(|spec| {
            spec.execution.intrabar = intrabar;
            spec.risk.stop_loss = Some(number(0.05));
            spec.risk.take_profit = Some(number(0.05));
        });
        let mut make = || Script(vec![(0, LONG)]);
        run_whole(bars(&rows).view().into(), &spec, &mut make, &mut Unattended)
    };
    let report = with(Intrabar::Pessimistic);
    let ends: Vec<_> =
        report.envelope.iter().map(|point| (point.intrabar, point.end_equity)).collect();
    let expected = [
        (Intrabar::Pessimistic, 995.0),
        (Intrabar::NearestExtreme, 995.0),
        (Intrabar::Optimistic, 1005.0),
    ];
    assert_eq!(ends, expected);
    assert_eq!(report.metrics.unwrap().run.ambiguous_bars.value(), Some(1.0));
    assert_eq!(with(Intrabar::Optimistic).trades[0].exit_reason, ExitReason::TakeProfit);
    assert_eq!(with(Intrabar::Optimistic).envelope, report.envelope);
}

#[test]
fn an_open_beyond_a_level_settles_what_came_first() {
    let rows = [FLAT, FLAT, [94.0, 106.0, 93.0, 100.0], FLAT];
    let report = play(&rows, &[(0, LONG)], |spec| {
        spec.execution.intrabar = Intrabar::Optimistic;
        spec.risk.stop_loss = Some(number(0.05));
        spec.risk.take_profit = Some(number(0.05));
    });
    assert_eq!(fills(&report)[1], (2, 1.0, 94.0));
}
