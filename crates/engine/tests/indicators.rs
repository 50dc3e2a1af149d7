//! Indicators against TA-Lib's values.

#[expect(dead_code, reason = "shared with the other tests")]
mod support;

use std::collections::BTreeMap;

use support::{aapl, oracle_columns};
use tapedeck_domain::bars::{Bars, Columns};
use tapedeck_domain::indicator::{Field, Indicator, LineKind, RangeKind};
use tapedeck_engine::indicator::columns;

/// As it stands in a file: `macd(12 26 9).signal`, `roc(5).volume`, `obv`.
fn parse(column: &str) -> (Indicator, usize) {
    let (call, suffix) = column.split_once(").").unwrap_or((column.trim_end_matches(')'), ""));
    let (kind, numbers) = call.split_once('(').unwrap_or((call, ""));
    let numbers: Vec<f64> = numbers.split_whitespace().map(|x| x.parse().unwrap()).collect();
    let indicator = indicator(kind, &numbers, suffix);
    let output = indicator.outputs().iter().position(|name| *name == suffix);
    (indicator, if suffix == "volume" { 0 } else { output.unwrap() })
}

fn indicator(kind: &str, numbers: &[f64], source: &str) -> Indicator {
    let bars = |k: usize| numbers[k] as usize;
    let line = |kind| {
        let source = if source == "volume" { Field::Volume } else { Field::Close };
        Indicator::Line { kind, source, length: bars(0) }
    };
    let range = |kind| Indicator::Range { kind, length: bars(0) };
    match kind {
        "sma" => line(LineKind::Sma),
        "ema" => line(LineKind::Ema),
        "wma" => line(LineKind::Wma),
        "rsi" => line(LineKind::Rsi),
        "roc" => line(LineKind::Roc),
        "momentum" => line(LineKind::Momentum),
        "stddev" => line(LineKind::Stddev),
        "highest" => line(LineKind::Highest),
        "lowest" => line(LineKind::Lowest),
        "atr" => range(RangeKind::Atr),
        "adx" => range(RangeKind::Adx),
        "cci" => range(RangeKind::Cci),
        "macd" => {
            let (fast, slow, signal) = (bars(0), bars(1), bars(2));
            Indicator::Macd { source: Field::Close, fast, slow, signal }
        }
        "bollinger" => {
            Indicator::Bollinger { source: Field::Close, length: bars(0), mult: numbers[1] }
        }
        "stochastic" => Indicator::Stochastic { k: bars(0), smooth: bars(1), d: bars(2) },
        "donchian" => Indicator::Donchian { length: bars(0) },
        "keltner" => Indicator::Keltner { length: bars(0), mult: numbers[1] },
        "obv" => Indicator::Obv,
        "vwap" => Indicator::Vwap,
        other => panic!("no such indicator: {other}"),
    }
}

/// Whether its values are prices, and so are as small as these.
fn is_price(indicator: &Indicator) -> bool {
    match indicator {
        Indicator::Line { kind, .. } => !matches!(kind, LineKind::Rsi | LineKind::Roc),
        Indicator::Range { kind, .. } => *kind == RangeKind::Atr,
        Indicator::Stochastic { .. } | Indicator::Obv => false,
        Indicator::Macd { .. }
        | Indicator::Bollinger { .. }
        | Indicator::Donchian { .. }
        | Indicator::Keltner { .. }
        | Indicator::Vwap => true,
    }
}

/// Relative for large numbers, absolute for those below 1, or below the price if that is less.
fn compare(name: &str, bars: &Bars, (indicator, output): (Indicator, usize), reference: &[f64]) {
    let price = if is_price(&indicator) { bars.view().close[0] } else { 1.0 };
    let values = &columns(&indicator, bars.view())[output];
    assert_eq!(values.len(), reference.len());
    for (i, (value, expected)) in values.iter().zip(reference).enumerate() {
        let place = format!("{name}, bar {i}: {value} for {expected}");
        assert_eq!(value.is_nan(), expected.is_nan(), "{place}");
        let tolerance = 1e-9 * expected.abs().max(price.min(1.0));
        assert!(value.is_nan() || (value - expected).abs() <= tolerance, "{place}");
    }
    let defined = values.iter().position(|x| !x.is_nan());
    assert_eq!(defined.unwrap_or(values.len()), indicator.first_defined().min(values.len()));
}

/// Bars and reference values of a series that `generate.py` made.
fn generated(name: &str) -> (Bars, BTreeMap<String, Vec<f64>>) {
    let mut file = oracle_columns(&format!("indicators/{name}.csv.gz"));
    let mut take = |column| file.remove(column).unwrap();
    let columns = Columns {
        time: take("time").iter().map(|seconds| *seconds as i64 * 1_000_000_000).collect(),
        open: take("open"),
        high: take("high"),
        low: take("low"),
        close: take("close"),
        volume: take("volume"),
        quotes: None,
    };
    (Bars::new(columns).unwrap(), file)
}

#[test]
fn generated_series_give_the_values_of_ta_lib() {
    for name in ["walk", "tiny", "huge", "vast", "trend", "constant", "halted"] {
        let (bars, reference) = generated(name);
        assert!(reference.len() > 40);
        for (column, values) in reference {
            compare(&format!("{name}: {column}"), &bars, parse(&column), &values);
        }
    }
}

#[test]
fn aapl_gives_the_values_of_ta_lib() {
    let bars = aapl();
    let mut reference = oracle_columns("indicators/AAPL.csv.gz");
    for (column, name) in [
        ("sma_5", "sma(5)"),
        ("sma_20", "sma(20)"),
        ("sma_50", "sma(50)"),
        ("ema_12", "ema(12)"),
        ("ema_20", "ema(20)"),
        ("ema_26", "ema(26)"),
        ("rsi_14", "rsi(14)"),
        ("macd_12_26_9", "macd(12 26 9).line"),
        ("macd_signal", "macd(12 26 9).signal"),
        ("macd_hist", "macd(12 26 9).histogram"),
        ("bb_upper_20_2", "bollinger(20 2).upper"),
        ("bb_mid", "bollinger(20 2).middle"),
        ("bb_lower", "bollinger(20 2).lower"),
        ("atr_14", "atr(14)"),
        ("adx_14", "adx(14)"),
        ("cci_20", "cci(20)"),
        ("roc_10", "roc(10)"),
        ("mom_10", "momentum(10)"),
        ("obv", "obv"),
        ("stoch_k_14_3_3", "stochastic(14 3 3).k"),
        ("stoch_d_14_3_3", "stochastic(14 3 3).d"),
        ("max_20", "donchian(20).upper"),
        ("min_20", "donchian(20).lower"),
        ("wma_20", "wma(20)"),
        ("stddev_20", "stddev(20)"),
    ] {
        let values = reference.remove(&format!("talib_{column}")).unwrap();
        compare(name, &bars, parse(name), &values);
    }
    assert_eq!(reference.keys().next(), None, "each column is compared");
}
