//! The strategies that are built in. But for the first one, which has no rule for "once", each is
//! a rule set over its own parameters, and shorts are its mirror image.

use serde_json::{Value, json};

use super::{Strategy, StrategyKind, StrategyRef};
use crate::rules::RuleSet;

/// In on the first bar, once, and never out.
pub const BUY_AND_HOLD: &str = "buy_and_hold";

/// The strategies that are built in.
pub fn built_ins() -> Vec<Strategy> {
    let all = [
        crossover("sma", "SMA", "simple", (20, 50)),
        crossover("ema", "EMA", "exponential", (12, 26)),
        macd_trend(),
        momentum(),
        donchian_breakout(),
        rsi_reversion(),
        bollinger_reversion(),
        buy_and_hold(),
    ];
    all.into_iter().flatten().collect()
}

fn built_in(id: &str, name: &str, description: &str, summary: &str) -> Option<Strategy> {
    Some(Strategy {
        reference: StrategyRef { id: id.parse().ok()?, version: 1 },
        kind: StrategyKind::BuiltIn,
        name: name.to_owned(),
        description: description.to_owned(),
        params: Vec::new(),
        ordered: Vec::new(),
        summary: summary.to_owned(),
        rules: None,
        guest: None,
    })
}

impl Strategy {
    fn ruled(self, definition: &Value) -> Option<Self> {
        let rules = RuleSet::parse(definition).ok()?;
        Some(Self { params: rules.params().to_vec(), rules: Some(rules), ..self })
    }

    fn ordered(mut self, low: &str, high: &str) -> Self {
        self.ordered.push((low.to_owned(), high.to_owned()));
        self
    }
}

/// A parameter of bars.
fn bars(min: u32, default: u32, description: &str) -> Value {
    json!({"type": "integer", "min": min, "max": 10_000, "default": default,
           "description": description})
}

/// A parameter that is a level of an oscillator from 0 to 100.
fn level(default: u32, description: &str) -> Value {
    json!({"type": "number", "min": 0, "max": 100, "step": 1, "default": default,
           "description": description})
}

fn param(name: &str) -> Value {
    json!({"param": name})
}

/// A group of one condition.
fn when(left: impl Into<Value>, op: &str, right: impl Into<Value>) -> Value {
    json!({"all": [{"op": op, "left": left.into(), "right": right.into()}]})
}

/// Long while one line is above another, from cross to cross; short while it is below.
fn crosses(params: &Value, indicators: &Value, a: &str, b: &str) -> Value {
    let (up, down) = (when(a, "crosses_above", b), when(a, "crosses_below", b));
    json!({
        "params": params, "indicators": indicators,
        "entry": up, "exit": down, "entry_short": down, "exit_short": up,
    })
}

fn crossover(
    kind: &str,
    name: &str,
    kind_name: &str,
    (fast, slow): (u32, u32),
) -> Option<Strategy> {
    let description = format!(
        "Follows the trend: in while a fast {kind_name} moving average of the close is above a \
         slow one."
    );
    let summary = format!(
        "Enter when the {{fast}}-bar {kind_name} average of the close crosses above the \
         {{slow}}-bar average; leave when it crosses below."
    );
    let params = json!({
        "fast": bars(1, fast, "Length of the fast average, in bars."),
        "slow": bars(2, slow, "Length of the slow average, in bars."),
    });
    let average = |name| json!({"kind": kind, "length": param(name)});
    let indicators = json!({"fast": average("fast"), "slow": average("slow")});
    built_in(&format!("{kind}_crossover"), &format!("{name} crossover"), &description, &summary)?
        .ordered("fast", "slow")
        .ruled(&crosses(&params, &indicators, "fast", "slow"))
}

fn macd_trend() -> Option<Strategy> {
    let params = json!({
        "fast": bars(2, 12, "Length of the fast average, in bars."),
        "slow": bars(2, 26, "Length of the slow average, in bars."),
        "signal": bars(1, 9, "Length of the average of the line, in bars."),
    });
    let indicators = json!({"macd": {
        "kind": "macd", "fast": param("fast"), "slow": param("slow"), "signal": param("signal"),
    }});
    built_in(
        "macd_trend",
        "MACD trend",
        "Follows the trend: in while the MACD line is above its signal line.",
        "Enter when the line of MACD({fast}, {slow}, {signal}) crosses above its signal line; \
         leave when it crosses below.",
    )?
    .ordered("fast", "slow")
    .ruled(&crosses(&params, &indicators, "macd.line", "macd.signal"))
}

fn momentum() -> Option<Strategy> {
    let (up, down) = (when("change", "gt", 0), when("change", "lt", 0));
    built_in(
        "momentum",
        "Momentum",
        "Follows the trend: in while the close is above where it was some time ago.",
        "Enter when the close is above the close {length} bars before; leave when it is below.",
    )?
    .ruled(&json!({
        "params": {"length": bars(1, 90, "How far to look back, in bars.")},
        "indicators": {"change": {"kind": "roc", "length": param("length")}},
        "entry": up, "exit": down, "entry_short": down, "exit_short": up,
    }))
}

/// Of a short, the channel of the entry is that of the lows and the channel of the exit that of
/// the highs.
fn donchian_breakout() -> Option<Strategy> {
    let channel = |kind, length| json!({"kind": kind, "length": param(length)});
    let before = |name| json!({"ref": name, "bars_ago": 1});
    built_in(
        "donchian_breakout",
        "Donchian breakout",
        "Follows breakouts: in when the close leaves the channel of highs, out when it leaves a \
         shorter channel of lows.",
        "Enter when the close is above the highest high of the {entry} bars before; leave when it \
         is below the lowest low of the {exit} bars before.",
    )?
    .ruled(&json!({
        "params": {
            "entry": bars(1, 20, "Bars of the channel that is broken at the entry."),
            "exit": bars(1, 10, "Bars of the channel that is broken at the exit."),
        },
        "indicators": {
            "entry_high": channel("highest", "entry"), "entry_low": channel("lowest", "entry"),
            "exit_high": channel("highest", "exit"), "exit_low": channel("lowest", "exit"),
        },
        "entry": when("close", "gt", before("entry_high")),
        "exit": when("close", "lt", before("exit_low")),
        "entry_short": when("close", "lt", before("entry_low")),
        "exit_short": when("close", "gt", before("exit_high")),
    }))
}

fn rsi_reversion() -> Option<Strategy> {
    let (low, high) = (when("rsi", "lt", param("lower")), when("rsi", "gt", param("upper")));
    built_in(
        "rsi_reversion",
        "RSI reversion",
        "Bets on a return: in when the relative strength index is low, out when it is high.",
        "Enter when the {length}-bar RSI of the close is below {lower}; leave when it is above \
         {upper}.",
    )?
    .ordered("lower", "upper")
    .ruled(&json!({
        "params": {
            "length": bars(2, 14, "Length of the index, in bars."),
            "lower": level(30, "Below it, a long is entered."),
            "upper": level(70, "Above it, a long is left."),
        },
        "indicators": {"rsi": {"kind": "rsi", "length": param("length")}},
        "entry": low, "exit": high, "entry_short": high, "exit_short": low,
    }))
}

fn bollinger_reversion() -> Option<Strategy> {
    let bands = json!({
        "kind": "bollinger", "length": param("length"), "mult": param("mult"),
    });
    built_in(
        "bollinger_reversion",
        "Bollinger reversion",
        "Bets on a return: in when the close is below its lower band, out above the middle.",
        "Enter when the close is below the lower band of Bollinger({length}, {mult}); leave when \
         it is above the middle.",
    )?
    .ruled(&json!({
        "params": {
            "length": bars(2, 20, "Length of the bands, in bars."),
            "mult": {"type": "number", "min": 0.01, "max": 100, "step": 0.1, "default": 2,
                     "description": "Standard deviations from the middle to a band."},
        },
        "indicators": {"bands": bands},
        "entry": when("close", "lt", "bands.lower"),
        "exit": when("close", "gt", "bands.middle"),
        "entry_short": when("close", "gt", "bands.upper"),
        "exit_short": when("close", "lt", "bands.middle"),
    }))
}

fn buy_and_hold() -> Option<Strategy> {
    built_in(
        BUY_AND_HOLD,
        "Buy and hold",
        "In on the first bar and never out; short when only shorts are allowed.",
        "Enter on the first bar, once; never leave.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_eight_and_all_but_one_are_rule_sets_that_run_with_their_defaults() {
        let all = built_ins();
        let ids: Vec<_> = all.iter().map(|strategy| strategy.reference.id.as_str()).collect();
        let expected = [
            "sma_crossover",
            "ema_crossover",
            "macd_trend",
            "momentum",
            "donchian_breakout",
            "rsi_reversion",
            "bollinger_reversion",
            "buy_and_hold",
        ];
        assert_eq!(ids, expected);
        for strategy in &all {
            let ruled = strategy.reference.id.as_str() != BUY_AND_HOLD;
            assert_eq!(strategy.rules.is_some(), ruled);
            let params = strategy.params(&Default::default()).unwrap();
            let summary = strategy.summary(&params);
            assert!(summary.starts_with("Enter ") && !summary.contains('{'), "{summary}");
        }
    }
}
