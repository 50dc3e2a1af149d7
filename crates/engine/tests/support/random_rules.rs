//! Rule sets that are valid, as JSON, at random.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

const FIELDS: [&str; 5] = ["open", "high", "low", "close", "volume"];
const OPS: [&str; 6] = ["gt", "gte", "lt", "lte", "crosses_above", "crosses_below"];

/// An indicator with the names of its outputs.
fn indicator() -> impl Strategy<Value = (Value, Vec<&'static str>)> {
    let line = (
        prop::sample::select(vec!["sma", "ema", "wma", "roc", "momentum", "highest", "lowest"]),
        prop::sample::select(&FIELDS[..]),
        1..30_u32,
    );
    let line = line.prop_map(|(kind, source, length)| {
        (json!({"kind": kind, "source": source, "length": length}), vec![""])
    });
    let plain = (prop::sample::select(vec!["rsi", "stddev", "adx", "cci", "atr"]), 2..20_u32);
    let plain =
        plain.prop_map(|(kind, length)| (json!({"kind": kind, "length": length}), vec![""]));
    let bands = (prop::sample::select(vec!["bollinger", "keltner"]), 2..30_u32, 0.1..3.0_f64);
    let bands = bands.prop_map(|(kind, length, mult)| {
        (json!({"kind": kind, "length": length, "mult": mult}), vec!["upper", "middle", "lower"])
    });
    let macd = (2..10_u32, 1..20_u32, 1..9_u32).prop_map(|(fast, more, signal)| {
        let macd = json!({"kind": "macd", "fast": fast, "slow": fast + more, "signal": signal});
        (macd, vec!["line", "signal", "histogram"])
    });
    let stochastic = (1..15_u32, 1..5_u32, 1..5_u32).prop_map(|(k, smooth, d)| {
        (json!({"kind": "stochastic", "k": k, "smooth": smooth, "d": d}), vec!["k", "d"])
    });
    let donchian = (1..30_u32)
        .prop_map(|length| (json!({"kind": "donchian", "length": length}), vec!["upper", "lower"]));
    let lone = prop::sample::select(vec!["obv", "vwap"])
        .prop_map(|kind| (json!({"kind": kind}), vec![""]));
    prop_oneof![3 => line, 1 => plain, 1 => bands, 1 => macd, 1 => stochastic, 1 => donchian, 1 => lone]
}

/// The names that operands may have.
fn names(indicators: &[(Value, Vec<&'static str>)]) -> Vec<String> {
    let mut names: Vec<String> = FIELDS.iter().map(|field| (*field).to_owned()).collect();
    for (i, (_, outputs)) in indicators.iter().enumerate() {
        for output in outputs {
            let dot = if output.is_empty() { "" } else { "." };
            names.push(format!("i{i}{dot}{output}"));
        }
    }
    names
}

fn operand(names: Vec<String>) -> impl Strategy<Value = Value> {
    let name = prop::sample::select(names);
    let earlier = (name.clone(), prop_oneof![4 => 0..5_u32, 1 => 0..1500_u32]);
    prop_oneof![
        4 => name.prop_map(|name| json!(name)),
        2 => earlier.prop_map(|(name, bars)| json!({"ref": name, "bars_ago": bars})),
        1 => (0..200_u32).prop_map(|number| json!(number)),
    ]
}

fn group(names: Vec<String>) -> impl Strategy<Value = Value> {
    let condition = (prop::sample::select(&OPS[..]), operand(names.clone()), operand(names));
    let condition =
        condition.prop_map(|(op, left, right)| json!({"op": op, "left": left, "right": right}));
    let inner = condition.boxed().prop_recursive(4, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(|nodes| json!({"all": nodes})),
            prop::collection::vec(inner.clone(), 1..4).prop_map(|nodes| json!({"any": nodes})),
            inner.prop_map(|node| json!({"not": node})),
        ]
    });
    inner.prop_map(|node| if node.get("op").is_some() { json!({"all": [node]}) } else { node })
}

/// A rule set with one to four indicators and all four groups.
pub(crate) fn rule_set() -> impl Strategy<Value = Value> {
    let indicators = prop::collection::vec(indicator(), 1..5);
    indicators.prop_flat_map(|indicators| {
        let groups = || group(names(&indicators));
        let groups = (groups(), groups(), groups(), groups());
        groups.prop_map(move |(entry, exit, entry_short, exit_short)| {
            let named = indicators.iter().enumerate();
            let indicators: Map<String, Value> =
                named.map(|(i, (indicator, _))| (format!("i{i}"), indicator.clone())).collect();
            json!({
                "indicators": indicators, "entry": entry, "exit": exit,
                "entry_short": entry_short, "exit_short": exit_short,
            })
        })
    })
}
