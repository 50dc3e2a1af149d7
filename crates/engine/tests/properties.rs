//! What holds for every run, whatever the bars and the parameters.

#[expect(dead_code, reason = "shared with the other tests")]
mod support;

use proptest::prelude::*;
use support::{aapl, spec};
use tapedeck_domain::bars::Bars;
use tapedeck_domain::number::{BasisPoints, Capital, StopFraction, TargetFraction};
use tapedeck_domain::portfolio::EquityCurve;
use tapedeck_domain::spec::{
    Commission, Direction, Risk, RiskActive, RiskLevel, Slippage, Specification,
};
use tapedeck_domain::time::Timestamp;
use tapedeck_domain::trading::{OrderStatus, RejectReason};
use tapedeck_engine::{Control, Unattended, simulate, synthetic};

fn walk(rows: usize, seed: u64) -> Bars {
    synthetic::random_walk(rows, seed, Timestamp::from_nanos(0), 60_000_000_000).unwrap()
}

prop_compose! {
    fn any_spec()(
        fast in 1u32..20, extra in 1u32..40,
        commission in 0.0..50.0, slippage in 0.0..20.0,
        stop in prop::option::of(0.0005..0.05), target in prop::option::of(0.0005..0.05),
        direction in prop_oneof![Just(Direction::Long), Just(Direction::Short), Just(Direction::Both)],
        level in prop_oneof![Just(RiskLevel::EntryPrice), Just(RiskLevel::SignalClose)],
        active in prop_oneof![Just(RiskActive::NextBar), Just(RiskActive::SameBar)],
    ) -> Specification {
        let bps = |value: f64| BasisPoints::try_from(value).unwrap();
        let mut spec = spec(fast, fast + extra, 0.0);
        spec.costs.commission = Commission::Bps { value: bps(commission), minimum: None };
        spec.costs.slippage = Slippage::Bps { value: bps(slippage) };
        spec.direction = direction;
        spec.risk = Risk {
            stop_loss: stop.map(|f| StopFraction::try_from(f).unwrap()),
            take_profit: target.map(|f| TargetFraction::try_from(f).unwrap()),
            level,
            active,
            ..Risk::default()
        };
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
            prop_assert!((0.0..=1.0).contains(&curve.drawdown[i]));
        }
        let closed: f64 = report.trades.iter().map(|trade| trade.pnl).sum();
        let open = report.open_trade.map_or(0.0, |open| open.open_pnl - open.commission);
        let end = curve.equity.last().unwrap();
        prop_assert!((end - spec.capital.get() - closed - open).abs() < 1e-6);
        let units = [0.0, 100.0, -100.0];
        prop_assert!(curve.position.iter().all(|position| units.contains(position)));
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
            prop_assert!(unslipped <= view.high[fill.bar] + 1e-9);
            prop_assert!(unslipped >= view.low[fill.bar] - 1e-9);
            prop_assert!(fill.commission >= 0.0 && fill.slippage >= 0.0);
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
        prop_assert_eq!(before, prefix.fills);
    }
}

struct StopAt(usize);

impl Control for StopAt {
    fn go_on(&mut self, bars_done: usize) -> bool {
        bars_done < self.0
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
