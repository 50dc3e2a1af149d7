//! Statistics of runs on AAPL against reference values. Where the reference lists several
//! readings of a figure, the one that `tapedeck_domain::metrics` defines is taken.

mod support;

use std::collections::BTreeMap;

use serde_json::Value;
use support::{aapl, oracle, oracle_columns, spec};
use tapedeck_domain::bars::Bars;
use tapedeck_domain::portfolio::EquityCurve;
use tapedeck_domain::report::Report;
use tapedeck_domain::rules::RuleSet;
use tapedeck_domain::spec::Specification;
use tapedeck_domain::strategy::built_ins;
use tapedeck_engine::{Unattended, simulate};

/// The reading of each figure that has several.
const READINGS: &[(&str, &str)] = &[
    ("calmar", "cagr / bar max_drawdown"),
    ("max_drawdown_duration", "bars from the peak to the recovery or the end"),
    ("ulcer_index", "sqrt(sum(dd^2)/(n-1)) over daily points"),
    ("var_95", "negative"),
    ("cvar_95", "negative"),
    ("psr", "population moments"),
    ("avg_drawdown", "mean of the episode maxima"),
    ("exposure_time", "held at the close / bars"),
    ("turnover", "traded notional / mean bar equity"),
    ("benchmark_return", "last close / first close - 1"),
    ("gross_loss", "negative"),
    ("avg_win", "money"),
    ("avg_loss", "money negative"),
    ("kelly", "win_rate over all trades"),
    ("expectancy", "money"),
    ("best", "money"),
    ("worst", "money"),
    ("avg", "money"),
    ("median", "money"),
    ("open_pnl", "gross"),
];

fn specification(run: &Value) -> Specification {
    let numbers = run["params"].as_object().unwrap().iter();
    let params: BTreeMap<String, f64> =
        numbers.map(|(name, value)| (name.clone(), value.as_f64().unwrap())).collect();
    let mut spec = spec(20, 50, run["commission"].as_f64().unwrap());
    if run["group"] == "rules" {
        let rules = RuleSet::parse(&oracle("rules/r1_trend_pullback_AAPL.json")["rules"]).unwrap();
        // The parameters of the run are the defaults.
        spec.params = rules.defaults();
        spec.rules = Some(rules);
        return spec;
    }
    let mut all = built_ins().into_iter();
    let named = |id: &str| run["tag"].as_str() == Some(id);
    let strategy = all.find(|strategy| named(strategy.reference.id.as_str())).unwrap();
    spec.params = strategy.params(&params).unwrap();
    spec.strategy = strategy.reference;
    spec
}

fn figures(report: &Report) -> BTreeMap<&'static str, Option<f64>> {
    let metrics = report.metrics.as_ref().unwrap();
    let entries = metrics.run.entries().chain(metrics.all.entries());
    entries.map(|(definition, figure)| (definition.key, figure.value())).collect()
}

fn expected(run: &Value) -> BTreeMap<String, f64> {
    let number = |(key, value): (&String, &Value)| (key.clone(), value.as_f64().unwrap());
    let mut expected: BTreeMap<String, f64> =
        run["values"].as_object().unwrap().iter().map(number).collect();
    for (key, readings) in run["candidates"].as_object().unwrap() {
        let (_, reading) = READINGS.iter().find(|(known, _)| known == key).unwrap();
        expected.insert(key.clone(), readings[reading].as_f64().unwrap());
    }
    for (key, value) in run["durations_bars"].as_object().into_iter().flatten() {
        expected.insert(format!("{key}_duration"), value.as_f64().unwrap());
    }
    expected
}

fn compare(run: &Value, bars: &Bars) {
    let (tag, spec) = (run["tag"].as_str().unwrap(), specification(run));
    let report = simulate(bars.view().into(), &spec, &mut Unattended).unwrap();
    let found = figures(&report);
    for (key, expected) in expected(run) {
        let found = found[key.as_str()];
        let close = |found: f64| (found - expected).abs() <= 1e-9 * expected.abs().max(1.0);
        assert!(found.is_some_and(close), "{tag} {key}: {found:?} for {expected}");
    }
    for key in run["undefined"].as_array().unwrap() {
        assert_eq!(found[key.as_str().unwrap()], None, "{tag} {key}");
    }
    let curve = EquityCurve::replay(bars.view(), spec.capital, &report.fills);
    let columns = oracle_columns(run["equity_file"].as_str().unwrap());
    let reference = &columns["equity"];
    assert_eq!(reference.len(), curve.equity.len());
    for (i, (found, expected)) in curve.equity.iter().zip(reference).enumerate() {
        assert!((found - expected).abs() <= 1e-9 * expected, "{tag}, bar {i}");
    }
}

#[test]
fn statistics_of_runs_agree_with_the_reference() {
    let (bars, reference) = (aapl(), oracle("metrics/stats.json"));
    let runs = reference["runs"].as_array().unwrap();
    assert_eq!(runs.len(), 4);
    runs.iter().for_each(|run| compare(run, &bars));
}
