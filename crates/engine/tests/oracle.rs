//! The engine against reference results of other backtesters.

mod support;

use serde_json::Value;
use support::{aapl, oracle, oracle_columns, spec};
use tapedeck_domain::bars::{Bars, Columns};
use tapedeck_domain::number::{StopFraction, TargetFraction};
use tapedeck_domain::portfolio::EquityCurve;
use tapedeck_domain::report::Report;
use tapedeck_domain::spec::{Risk, RiskActive, RiskLevel, Specification};
use tapedeck_domain::trading::{ExitReason, TradeSide};
use tapedeck_engine::strategy::{Context, Decision, Strategy};
use tapedeck_engine::{Unattended, run, simulate};

/// Relative for large numbers, absolute for small ones.
fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(1.0)
}

fn bracket(level: RiskLevel, active: RiskActive) -> Risk {
    Risk {
        stop_loss: Some(StopFraction::try_from(0.02).unwrap()),
        take_profit: Some(TargetFraction::try_from(0.04).unwrap()),
        level,
        active,
        ..Risk::default()
    }
}

/// Runs every run of an oracle file and compares trades; gives each run's name and equity.
fn compare(file: &str, risk: Risk) -> Vec<(String, Vec<f64>)> {
    let (bars, reference) = (aapl(), oracle(file));
    let runs = reference["runs"].as_array().unwrap();
    assert!(!runs.is_empty());
    runs.iter().map(|expected| compare_run(&bars, expected, risk)).collect()
}

fn compare_run(bars: &Bars, expected: &Value, risk: Risk) -> (String, Vec<f64>) {
    let (fast, slow) = (expected["fast"].as_u64().unwrap(), expected["slow"].as_u64().unwrap());
    let commission = expected["commission"].as_f64().unwrap();
    let name = format!("{fast}_{slow}_{commission:?}");
    let spec = Specification { risk, ..spec(fast as u32, slow as u32, commission) };
    let report = simulate(bars.view().into(), &spec, &mut Unattended).unwrap();
    let trades = expected["trades"].as_array().unwrap();
    assert_eq!(report.trades.len(), trades.len(), "{name}: number of trades");
    for (trade, row) in report.trades.iter().zip(trades) {
        let number = |k: usize| row[k].as_f64().unwrap();
        let place = format!("{name}, trade {}", trade.id);
        assert_eq!(bars.view().timestamp(trade.entry_bar).to_string()[..10], row[0], "{place}");
        assert_eq!(bars.view().timestamp(trade.exit_bar).to_string()[..10], row[1], "{place}");
        assert_eq!(trade.entry_bar as f64, number(2), "{place}");
        assert_eq!(trade.exit_bar as f64, number(3), "{place}");
        assert_eq!(trade.entry_price, number(4), "{place}: exact");
        assert_eq!(trade.exit_price, number(5), "{place}: exact");
        assert_eq!(trade.quantity, number(6), "{place}");
        assert_eq!(trade.side, TradeSide::Long, "{place}");
        assert!(close(trade.pnl, number(7)), "{place}: {} for {}", trade.pnl, number(7));
        assert!(close(trade.commission, number(8)), "{place}");
        if let Some(reason) = row.get(9) {
            assert_eq!(reason, reason_name(trade.exit_reason), "{place}");
        }
    }
    let curve = EquityCurve::replay(bars.view(), spec.capital, &report.fills);
    let metrics = report.metrics.unwrap();
    let end = metrics.run.end_equity.value().unwrap();
    assert!(close(end, expected["final_equity"].as_f64().unwrap()), "{name}: final equity");
    let drawdown = metrics.run.max_drawdown.value().unwrap();
    assert!(close(drawdown, expected["max_drawdown"].as_f64().unwrap()), "{name}: drawdown");
    (name, curve.equity)
}

const fn reason_name(reason: ExitReason) -> &'static str {
    match reason {
        ExitReason::Signal => "signal",
        ExitReason::StopLoss => "stop",
        ExitReason::TakeProfit => "target",
        ExitReason::TrailingStop => "trailing stop",
        ExitReason::EndOfData => "end",
    }
}

fn compare_equity(file: &str, runs: &[(String, Vec<f64>)]) {
    let columns = oracle_columns(file);
    assert_eq!(columns.len(), runs.len());
    for (name, equity) in runs {
        let expected = &columns[name];
        assert_eq!(expected.len(), equity.len());
        for (i, (a, b)) in equity.iter().zip(expected).enumerate() {
            assert!((a - b).abs() <= 1e-9, "{name}, bar {i}: {a} for {b}");
        }
    }
}

#[test]
fn sma_crossovers_agree_trade_by_trade_and_bar_by_bar() {
    compare_equity("sma/AAPL_sma_equity.csv.gz", &compare("sma/AAPL_sma.json", Risk::default()));
}

#[test]
fn brackets_from_the_entry_price_agree() {
    let risk = bracket(RiskLevel::EntryPrice, RiskActive::NextBar);
    compare("bracket/AAPL_bracket_entry_price.json", risk);
}

#[test]
fn brackets_live_on_the_entry_bar_agree() {
    let risk = bracket(RiskLevel::EntryPrice, RiskActive::SameBar);
    compare("bracket/AAPL_bracket_entry_price_samebar.json", risk);
}

#[test]
fn brackets_from_the_signal_close_agree() {
    let risk = bracket(RiskLevel::SignalClose, RiskActive::SameBar);
    let runs = compare("bracket/AAPL_bracket_signal_close.json", risk);
    compare_equity("bracket/AAPL_bracket_signal_close_equity.csv.gz", &runs);
}

#[test]
fn brackets_from_the_signal_close_live_from_the_next_bar_agree() {
    let risk = bracket(RiskLevel::SignalClose, RiskActive::NextBar);
    compare("bracket/AAPL_bracket_signal_close_nextbar.json", risk);
}

/// Buys at the close of bar 1 and sells at the close of a given bar.
struct Scripted {
    sell: Option<usize>,
}

impl Strategy for Scripted {
    fn on_close(&mut self, context: Context<'_>) -> Decision {
        match context.i {
            1 => Decision::Enter(TradeSide::Long),
            i if Some(i) == self.sell => Decision::Exit,
            _ => Decision::Hold,
        }
    }
}

fn run_case(case: &Value, active: RiskActive) -> Report {
    let rows = case["bars"].as_array().unwrap();
    let column = |k: usize| rows.iter().map(|row| row[k].as_f64().unwrap()).collect();
    let columns = Columns {
        time: (0..rows.len() as i64).collect(),
        open: column(0),
        high: column(1),
        low: column(2),
        close: column(3),
        volume: vec![1.0; rows.len()],
        quotes: None,
    };
    let bars = Bars::new(columns).unwrap();
    let spec = Specification { risk: bracket(RiskLevel::SignalClose, active), ..spec(1, 2, 0.0) };
    let sell = case["sell_signal_bar"].as_u64().map(|bar| bar as usize);
    run(bars.view().into(), &spec, &mut Scripted { sell }, &mut Unattended)
}

#[test]
fn each_bracket_rule_agrees_on_hand_made_bars() {
    let micro = oracle("bracket/micro.json");
    let cases = micro["cases"].as_object().unwrap();
    assert_eq!(cases.len(), 16);
    for (name, case) in cases {
        let variants =
            [("backtestingpy", RiskActive::SameBar), ("backtrader", RiskActive::NextBar)];
        for (reference, active) in variants {
            let report = run_case(case, active);
            let rows = report
                .trades
                .iter()
                .map(|t| serde_json::json!([t.entry_bar, t.entry_price, t.exit_bar, t.exit_price]));
            let expected = &case[reference];
            let found: Vec<Value> = rows.collect();
            assert_eq!(&Value::from(found), &expected["trades"], "{name} in {reference}");
            let open = u64::from(report.open_trade.is_some());
            assert_eq!(open, expected["open"].as_u64().unwrap(), "{name} in {reference}");
            let end = report.metrics.unwrap().run.end_equity.value();
            assert_eq!(end, expected["final"].as_f64(), "{name} in {reference}");
        }
    }
}

#[test]
fn statistics_of_the_equity_curves_agree() {
    let reference = oracle("metrics/metrics.json");
    let bars = aapl();
    for commission in [0.0, 0.001] {
        let curve = &reference["curves"][format!("AAPL_sma_equity.csv.gz:20_50_{commission:?}")];
        let report =
            simulate(bars.view().into(), &spec(20, 50, commission), &mut Unattended).unwrap();
        let figures = report.metrics.unwrap().run;
        let (formula, quantstats) = (&curve["formula"], &curve["quantstats"]);
        let pairs = [
            ("sharpe", figures.sharpe, &formula["sharpe"]),
            ("sortino", figures.sortino, &formula["sortino"]),
            ("volatility", figures.volatility_ann, &formula["volatility"]),
            ("cagr", figures.cagr, &formula["cagr"]),
            ("calmar", figures.calmar, &formula["calmar"]),
            ("total_return", figures.total_return, &formula["total_return"]),
            ("omega", figures.omega, &quantstats["omega"]),
            ("ulcer_index", figures.ulcer_index, &quantstats["ulcer_index"]),
            ("skew", figures.skew, &quantstats["skew"]),
            ("kurtosis", figures.kurtosis_excess, &quantstats["kurtosis"]),
            ("var_95", figures.var_95, &curve["empyrical"]["value_at_risk_5"]),
        ];
        for (name, figure, expected) in pairs {
            let (value, expected) = (figure.value().unwrap(), expected.as_f64().unwrap());
            assert!(close(value, expected), "{name} at {commission}: {value} for {expected}");
        }
        let drawdown = figures.max_drawdown.value().unwrap();
        assert!(close(drawdown, -formula["max_drawdown"].as_f64().unwrap()), "drawdown");
    }
}
