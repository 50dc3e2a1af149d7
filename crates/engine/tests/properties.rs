//! What holds for every run, whatever the bars and the parameters.

#[expect(dead_code, reason = "shared with the other tests")]
mod support;

use proptest::prelude::*;
use support::{aapl, spec};
use tapedeck_domain::bars::Bars;
use tapedeck_domain::number::Capital;
use tapedeck_domain::portfolio::EquityCurve;
use tapedeck_domain::spec::{
    Commission, Costs, Direction, EntryOrder, Execution, FillAt, Intrabar, Risk, RiskActive,
    RiskLevel, Sizing, Slippage, Specification,
};
use tapedeck_domain::time::Timestamp;
use tapedeck_domain::trading::{OrderStatus, RejectReason, TradeSide};
use tapedeck_engine::{Control, Done, Unattended, simulate, synthetic};

fn walk(rows: usize, seed: u64) -> Bars {
    synthetic::random_walk(rows, seed, Timestamp::from_nanos(0), 60_000_000_000).unwrap()
}

fn number<T: TryFrom<f64, Error: std::fmt::Debug>>(value: f64) -> T {
    T::try_from(value).unwrap()
}

fn optional<T: TryFrom<f64, Error: std::fmt::Debug>>(value: Option<f64>) -> Option<T> {
    value.map(number)
}

fn any_sizing() -> impl Strategy<Value = Sizing> {
    prop_oneof![
        Just(Sizing::FixedQuantity { value: number(100.0) }),
        (100.0..50_000.0).prop_map(|value| Sizing::FixedCash { value: number(value) }),
        (0.01..1.0).prop_map(|value| Sizing::PercentOfEquity { value: number(value) }),
        (0.0001..0.01).prop_map(|value| Sizing::RiskToStop { value: number(value) }),
    ]
}

fn any_commission() -> impl Strategy<Value = Commission> {
    let minimum = || prop::option::of(0.0..20.0);
    prop_oneof![
        (0.0..50.0, minimum()).prop_map(|(value, minimum)| Commission::Bps {
            value: number(value),
            minimum: optional(minimum)
        }),
        (0.0..0.1, minimum()).prop_map(|(value, minimum)| Commission::PerShare {
            value: number(value),
            minimum: optional(minimum)
        }),
        (0.0..20.0).prop_map(|value| Commission::Fixed { value: number(value) }),
    ]
}

fn any_slippage() -> impl Strategy<Value = Slippage> {
    prop_oneof![
        (0.0..20.0).prop_map(|value| Slippage::Bps { value: number(value) }),
        (0.0..3.0).prop_map(|value| Slippage::Ticks { value: number(value) }),
    ]
}

fn any_entry() -> impl Strategy<Value = EntryOrder> {
    let (offset, bars) =
        (|| (0.0..20.0).prop_map(number), || (1u32..20).prop_map(|n| number(n.into())));
    prop_oneof![
        Just(EntryOrder::Market),
        (offset(), bars())
            .prop_map(|(offset_bps, valid_bars)| EntryOrder::Limit { offset_bps, valid_bars }),
        (offset(), bars())
            .prop_map(|(offset_bps, valid_bars)| EntryOrder::Stop { offset_bps, valid_bars }),
        (offset(), offset(), bars()).prop_map(|(offset_bps, limit_offset_bps, valid_bars)| {
            EntryOrder::StopLimit { offset_bps, limit_offset_bps, valid_bars }
        }),
    ]
}

prop_compose! {
    fn any_execution()(
        close in any::<bool>(), close_at_end in any::<bool>(),
        intrabar in prop::sample::select(Intrabar::ALL.to_vec()), entry in any_entry(),
        share in prop::option::of(0.01..1.0), lot in prop::option::of(0.5..10.0),
    ) -> Execution {
        Execution {
            fill: if close { FillAt::Close } else { FillAt::NextOpen },
            close_at_end,
            intrabar,
            entry,
            max_volume_share: optional(share),
            lot_size: optional(lot),
            tick_size: Some(number(0.01)),
        }
    }
}

prop_compose! {
    fn any_risk()(
        stop in 0.0005..0.05, target in prop::option::of(0.0005..0.05),
        trail in prop::option::of(0.0005..0.05),
        level in prop_oneof![Just(RiskLevel::EntryPrice), Just(RiskLevel::SignalClose)],
        active in prop_oneof![Just(RiskActive::NextBar), Just(RiskActive::SameBar)],
    ) -> Risk {
        Risk {
            stop_loss: Some(number(stop)),
            take_profit: optional(target),
            trailing_stop: optional(trail),
            level,
            active,
        }
    }
}

prop_compose! {
    fn any_spec()(
        fast in 1u32..20, extra in 1u32..40,
        sizing in any_sizing(), commission in any_commission(), slippage in any_slippage(),
        direction in prop_oneof![Just(Direction::Long), Just(Direction::Short), Just(Direction::Both)],
        risk in any_risk(), guarded in any::<bool>(),
        execution in any_execution(),
    ) -> Specification {
        let mut spec = spec(fast, fast + extra, 0.0);
        spec.costs = Costs { commission, slippage };
        spec.direction = direction;
        spec.sizing = sizing;
        spec.execution = execution;
        if guarded || matches!(sizing, Sizing::RiskToStop { .. }) {
            spec.risk = risk;
        }
        spec
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn equity_is_cash_plus_the_marked_position_and_every_trade_is_accounted_for(
        spec in any_spec(), seed in 0u64..1000,
    ) {
        let bars = walk(1500, seed);
        let report = simulate(bars.view().into(), &spec, &mut Unattended).unwrap();
        let curve = EquityCurve::replay(bars.view(), spec.capital, &report.fills);
        for i in 0..bars.len() {
            let marked = curve.cash[i] + curve.position[i] * bars.view().close[i];
            prop_assert_eq!(curve.equity[i], marked);
            prop_assert!(curve.drawdown[i] >= 0.0);
            // A short has no margin, so it can lose more than there is.
            prop_assert!(curve.drawdown[i] <= 1.0 || curve.equity[i] < 0.0);
        }
        let closed: f64 = report.trades.iter().map(|trade| trade.pnl).sum();
        let open = report.open_trade.map_or(0.0, |open| open.open_pnl - open.commission);
        let end = curve.equity.last().unwrap();
        let parted = report.open_trade.is_some() && spec.execution.max_volume_share.is_some();
        // Of a position that was closed in part, the part is in no trade yet.
        prop_assert!(parted || (end - spec.capital.get() - closed - open).abs() < 1e-6);
        let flat = report.open_trade.is_none();
        prop_assert_eq!(flat, *curve.position.last().unwrap() == 0.0);
        let sides = curve.position.iter().filter(|units| **units != 0.0).map(|units| *units > 0.0);
        let allowed = |long| spec.direction.allows(if long { TradeSide::Long } else { TradeSide::Short });
        prop_assert!(sides.into_iter().all(allowed));
    }

    #[test]
    fn fills_lie_within_their_bar_but_for_slippage_and_cost_nothing_negative(
        spec in any_spec(), seed in 0u64..1000,
    ) {
        let bars = walk(1500, seed);
        let report = simulate(bars.view().into(), &spec, &mut Unattended).unwrap();
        for fill in &report.fills {
            let view = bars.view();
            let unslipped = fill.price - fill.side.sign() * fill.slippage / fill.quantity;
            prop_assert!(unslipped <= view.high[fill.bar] + 1e-6);
            prop_assert!(unslipped >= view.low[fill.bar] - 1e-6);
            prop_assert!(fill.quantity > 0.0 && fill.commission >= 0.0 && fill.slippage >= 0.0);
        }
        prop_assert!(report.fills.windows(2).all(|pair| pair[0].bar <= pair[1].bar));
    }

    #[test]
    fn what_comes_later_changes_nothing_that_came_before(
        spec in any_spec(), seed in 0u64..1000, cut in 1usize..1500,
    ) {
        let bars = walk(1500, seed);
        let whole = simulate(bars.view().into(), &spec, &mut Unattended).unwrap();
        let prefix = simulate(bars.view().first(cut).into(), &spec, &mut Unattended).unwrap();
        let before: Vec<_> = whole.fills.iter().filter(|fill| fill.bar < cut).copied().collect();
        let closed_early = spec.execution.close_at_end;
        let common = prefix.fills.len() - usize::from(closed_early && before.len() < prefix.fills.len());
        prop_assert_eq!(&before[..common.min(before.len())], &prefix.fills[..common]);
        prop_assert!(closed_early || before.len() == common);
    }

    #[test]
    fn every_order_ends_in_one_way_and_its_fills_add_up(
        spec in any_spec(), seed in 0u64..1000,
    ) {
        let bars = walk(1500, seed);
        let report = simulate(bars.view().into(), &spec, &mut Unattended).unwrap();
        let mut filled = vec![0.0; report.orders.len()];
        for fill in &report.fills {
            filled[fill.order_id as usize - 1] += fill.quantity;
        }
        for (order, filled) in report.orders.iter().zip(filled) {
            prop_assert_eq!(order.filled_quantity, filled);
            prop_assert_eq!(order.reject_reason.is_some(), order.status == OrderStatus::Rejected
                || (order.status == OrderStatus::Cancelled && filled > 0.0 && order.reject_reason.is_some()));
            let whole = order.status == OrderStatus::Filled;
            prop_assert!(!whole || filled > 0.0, "{:?}", order);
            let untouched = matches!(order.status, OrderStatus::Rejected | OrderStatus::Pending);
            prop_assert!(!untouched || filled == 0.0, "{:?}", order);
        }
        let limits = bars.view().volume;
        let share = spec.execution.max_volume_share.map_or(f64::INFINITY, f64::from);
        let mut traded = vec![0.0; bars.len()];
        report.fills.iter().for_each(|fill| traded[fill.bar] += fill.quantity);
        let last = bars.len() - 1;
        let within = |i: usize| traded[i] <= share * limits[i] + 1e-6;
        prop_assert!((0..last).all(within));
    }
}

struct StopAt(usize);

impl Control for StopAt {
    fn go_on(&mut self, done: Done) -> bool {
        done.bars < self.0
    }
}

#[test]
fn a_run_that_is_told_to_stop_ends_within_a_few_hundred_bars_and_reports_what_it_did() {
    let bars = walk(100_000, 1);
    let report = simulate(bars.view().into(), &spec(5, 20, 0.001), &mut StopAt(10_000)).unwrap();
    assert!(!report.is_complete());
    assert!((10_000..11_100).contains(&report.bars_done), "{}", report.bars_done);
    let whole = simulate(bars.view().into(), &spec(5, 20, 0.001), &mut Unattended).unwrap();
    assert_eq!(report.trades, whole.trades[..report.trades.len()]);
    assert_eq!(report.metrics.unwrap().run.bars.value(), Some(report.bars_done as f64));
}

#[test]
fn a_run_that_is_stopped_before_its_first_bar_has_no_metrics() {
    let report = simulate(aapl().view().into(), &spec(20, 50, 0.0), &mut StopAt(0)).unwrap();
    assert_eq!((report.bars_done, report.metrics), (0, None));
}

#[test]
fn an_entry_without_the_cash_for_it_is_rejected_and_said_so() {
    let mut spec = spec(20, 50, 0.001);
    spec.capital = Capital::try_from(100.0).unwrap();
    let report = simulate(aapl().view().into(), &spec, &mut Unattended).unwrap();
    assert!(report.fills.is_empty() && !report.orders.is_empty());
    for order in &report.orders {
        assert_eq!(order.status, OrderStatus::Rejected);
        assert_eq!(order.reject_reason, Some(RejectReason::InsufficientCash));
    }
    let rejected = report.metrics.unwrap().run.rejected_orders.value();
    assert_eq!(rejected, Some(report.orders.len() as f64));
}

#[test]
fn a_signal_on_the_last_bar_is_a_pending_order() {
    let bars = aapl();
    let whole = simulate(bars.view().into(), &spec(20, 50, 0.0), &mut Unattended).unwrap();
    let signal = whole.orders[0].bar;
    let cut = simulate(bars.view().first(signal + 1).into(), &spec(20, 50, 0.0), &mut Unattended)
        .unwrap();
    assert_eq!(cut.orders.len(), 1);
    assert_eq!(cut.orders[0].status, OrderStatus::Pending);
    assert!(cut.fills.is_empty());
}

#[test]
fn the_reports_of_two_runs_are_equal_to_the_byte() {
    let (bars, spec) = (aapl(), spec(20, 50, 0.001));
    let bytes = || {
        let report = simulate(bars.view().into(), &spec, &mut Unattended).unwrap();
        serde_json::to_vec(&report).unwrap()
    };
    assert_eq!(bytes(), bytes());
}
