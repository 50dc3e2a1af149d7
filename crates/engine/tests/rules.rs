//! Built-in strategies and rule sets against reference results of other backtesters.

#[expect(dead_code, reason = "shared with the other tests")]
mod support;

use std::collections::BTreeMap;

use serde_json::Value;
use support::{aapl, oracle, spec};
use tapedeck_domain::bars::Bars;
use tapedeck_domain::report::Report;
use tapedeck_domain::rules::RuleSet;
use tapedeck_domain::spec::Specification;
use tapedeck_domain::strategy::{INLINE, Strategy, StrategyRef, built_ins};
use tapedeck_domain::trading::{ExitReason, OrderStatus, TradeSide};
use tapedeck_engine::{Unattended, simulate};

fn numbers(params: &Value) -> BTreeMap<String, f64> {
    let params = params.as_object().unwrap().iter();
    params.map(|(name, value)| (name.clone(), value.as_f64().unwrap())).collect()
}

fn built_in(id: &Value) -> Strategy {
    let mut all = built_ins().into_iter();
    all.find(|strategy| strategy.reference.id.as_str() == id.as_str().unwrap()).unwrap()
}

fn inline(rules: &Value) -> Strategy {
    let reference = StrategyRef { id: INLINE.parse().unwrap(), version: 1 };
    let rules = RuleSet::parse(rules).unwrap();
    Strategy::of_rules(reference, String::new(), String::new(), rules)
}

/// 100 units of `strategy`, as the reference has it.
fn of(strategy: &Strategy, params: &Value, commission: f64) -> Specification {
    let is_inline = strategy.reference.id.as_str() == INLINE;
    Specification {
        strategy: strategy.reference.clone(),
        rules: strategy.rules.clone().filter(|_| is_inline),
        params: strategy.params(&numbers(params)).unwrap(),
        ..spec(20, 50, commission)
    }
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(1.0)
}

fn compare(name: &str, bars: &Bars, spec: &Specification, expected: &Value) {
    let report = simulate(bars.view().into(), spec, &mut Unattended).unwrap();
    let rows = expected["trades"].as_array().unwrap();
    assert_eq!(report.trades.len(), rows.len(), "{name}: number of trades");
    for (trade, row) in report.trades.iter().zip(rows) {
        let number = |k: usize| row[k].as_f64().unwrap();
        let place = format!("{name}, trade {}", trade.id);
        let bars = (trade.entry_bar as f64, trade.exit_bar as f64);
        assert_eq!(bars, (number(0), number(1)), "{place}");
        let prices = (trade.entry_price, trade.exit_price, trade.quantity);
        assert_eq!(prices, (number(2), number(3), number(4)), "{place}: exact");
        assert!(close(trade.pnl, number(5)), "{place}: {} for {}", trade.pnl, number(5));
        assert!(close(trade.commission, number(6)), "{place}");
        assert_eq!((trade.side, trade.exit_reason), (TradeSide::Long, ExitReason::Signal));
    }
    compare_end(name, &report, expected);
}

fn compare_end(name: &str, report: &Report, expected: &Value) {
    let open = &expected["open_trade"];
    assert_eq!(report.open_trade.is_some(), open.is_object(), "{name}: open trade");
    if let Some(trade) = &report.open_trade {
        assert_eq!(open["entry_bar"], trade.entry_bar, "{name}");
        assert_eq!(open["entry_price"], trade.entry_price, "{name}: exact");
        assert!(close(trade.open_pnl, open["pnl_at_last_close"].as_f64().unwrap()), "{name}");
    }
    let pending = report.orders.last().is_some_and(|order| order.status == OrderStatus::Pending);
    assert_eq!(expected["order_pending_after_last_bar"], pending, "{name}: pending order");
    let run = &report.metrics.as_ref().unwrap().run;
    let end = run.end_equity.value().unwrap();
    assert!(close(end, expected["final_equity"].as_f64().unwrap()), "{name}: final equity {end}");
    let drawdown = run.max_drawdown.value().unwrap();
    assert!(close(drawdown, expected["max_drawdown"].as_f64().unwrap()), "{name}: drawdown");
}

#[test]
fn built_in_strategies_agree_trade_by_trade_with_the_reference() {
    let (bars, reference) = (aapl(), oracle("builtins/AAPL_builtins.json"));
    let runs = reference["runs"].as_array().unwrap();
    assert_eq!(runs.len(), 24);
    for run in runs {
        let name = format!("{} {}", run["strategy_id"], run["params"]);
        let strategy = built_in(&run["strategy_id"]);
        let spec = of(&strategy, &run["params"], run["commission"].as_f64().unwrap());
        compare(&name, &bars, &spec, run);
    }
}

#[test]
fn rule_sets_trade_like_the_built_in_strategies_that_they_spell_out() {
    let (bars, reference) = (aapl(), oracle("builtins/AAPL_builtins.json"));
    let written = oracle("rules/builtins_as_rules.json");
    let runs = reference["runs"].as_array().unwrap();
    let mut compared = 0;
    for written in written.as_array().unwrap() {
        let same = |run: &&Value| {
            run["strategy_id"] == written["strategy_id"] && run["params"] == written["params"]
        };
        for run in runs.iter().filter(same) {
            let name = format!("{} {} as rules", run["strategy_id"], run["params"]);
            let none = serde_json::json!({});
            let commission = run["commission"].as_f64().unwrap();
            compare(&name, &bars, &of(&inline(&written["rules"]), &none, commission), run);
            compared += 1;
        }
    }
    assert_eq!(compared, 24);
}

#[test]
fn a_nested_rule_set_with_parameters_agrees_with_the_reference() {
    let (bars, reference) = (aapl(), oracle("rules/r1_trend_pullback_AAPL.json"));
    let strategy = inline(&reference["rules"]);
    let runs = reference["runs"].as_array().unwrap();
    assert_eq!(runs.len(), 4);
    for run in runs {
        let name = format!("r1 {}", run["params"]);
        let spec = of(&strategy, &run["params_sent"], run["commission"].as_f64().unwrap());
        compare(&name, &bars, &spec, run);
    }
}
