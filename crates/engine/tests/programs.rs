//! What holds for every program that rules are compiled to.

#[path = "support/interpreter.rs"]
mod interpreter;
#[path = "support/random_rules.rs"]
mod random_rules;
#[expect(dead_code, reason = "shared with the other tests")]
mod support;

use interpreter::Interpreter;
use proptest::prelude::*;
use random_rules::rule_set;
use serde_json::Value;
use support::{aapl, spec};
use tapedeck_domain::bars::{BarView, Bars};
use tapedeck_domain::rules::{Resolved, RuleSet};
use tapedeck_domain::spec::{Direction, Specification};
use tapedeck_domain::strategy::{StrategyRef, built_ins};
use tapedeck_domain::time::Timestamp;
use tapedeck_domain::trading::Fill;
use tapedeck_engine::indicator::columns;
use tapedeck_engine::program::{Program, Signals, explain, flag};
use tapedeck_engine::{Unattended, simulate, synthetic};

const BARS: usize = 2_200;

fn walk(seed: u64) -> Bars {
    synthetic::random_walk(BARS, seed, Timestamp::from_nanos(0), 3_600_000_000_000).unwrap()
}

fn resolved(rules: &Value) -> Resolved {
    let rules = RuleSet::parse(rules).unwrap();
    rules.resolve(&rules.defaults()).unwrap()
}

/// The flags of all bars, in blocks of the given sizes in turn.
fn flags(mut signals: impl Signals, bars: BarView<'_>, sizes: &[usize]) -> Vec<u8> {
    let mut flags = vec![255; bars.len()];
    let (mut start, mut sizes) = (0, sizes.iter().cycle());
    while start < bars.len() {
        let end = bars.len().min(start + sizes.next().unwrap());
        signals.block(bars, start..end, &mut flags[start..end]);
        start = end;
    }
    flags
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn a_program_says_what_a_plain_reading_of_the_rules_says(
        rules in rule_set(), seed in 0u64..1000,
    ) {
        let (bars, resolved) = (walk(seed), resolved(&rules));
        let streamed = flags(Program::compile(&resolved).streaming(), bars.view(), &[1024]);
        let interpreter = Interpreter::new(bars.view(), &resolved);
        for (i, flags) in streamed.iter().enumerate() {
            prop_assert_eq!(*flags, interpreter.flags(&rules, i), "bar {}", i);
        }
    }

    #[test]
    fn flags_are_the_same_however_bars_are_cut_and_wherever_columns_come_from(
        rules in rule_set(), seed in 0u64..1000,
        sizes in prop::collection::vec(1usize..1500, 1..6), cut in 1..BARS,
    ) {
        let (bars, resolved) = (walk(seed), resolved(&rules));
        let program = Program::compile(&resolved);
        let whole = flags(program.clone().streaming(), bars.view(), &[1024]);
        prop_assert_eq!(&flags(program.clone().streaming(), bars.view(), &sizes), &whole);
        let prefix = flags(program.clone().streaming(), bars.view().first(cut), &[1024]);
        prop_assert_eq!(&prefix[..], &whole[..cut]);
        let indicators = program.indicators().iter();
        let computed: Vec<Vec<f64>> =
            indicators.flat_map(|indicator| columns(indicator, bars.view())).collect();
        let borrowed: Vec<&[f64]> = computed.iter().map(Vec::as_slice).collect();
        prop_assert_eq!(&flags(program.over(&borrowed), bars.view(), &sizes), &whole);
    }

    #[test]
    fn an_explanation_agrees_with_the_program(rules in rule_set(), i in 0..BARS) {
        let (bars, resolved) = (walk(7), resolved(&rules));
        let flags = flags(Program::compile(&resolved).streaming(), bars.view(), &[1024]);
        let explained = explain(bars.view(), &resolved, i).rules;
        let names = [
            ("entry", flag::ENTRY), ("exit", flag::EXIT),
            ("entry_short", flag::ENTRY_SHORT), ("exit_short", flag::EXIT_SHORT),
        ];
        for (name, flag) in names {
            prop_assert_eq!(explained[name].truth, flags[i] & flag != 0, "{}", name);
        }
    }

    #[test]
    fn no_built_in_strategy_and_no_rule_set_looks_ahead(
        rules in rule_set(), seed in 0u64..1000, cut in 1..BARS,
    ) {
        let bars = walk(seed);
        let own = RuleSet::parse(&rules).unwrap();
        let inline = Specification {
            strategy: StrategyRef { id: "inline".parse().unwrap(), version: 1 },
            params: own.defaults(), rules: Some(own), direction: Direction::Both,
            ..spec(20, 50, 0.001)
        };
        let built_in = built_ins().into_iter().map(|strategy| Specification {
            params: strategy.params(&Default::default()).unwrap(),
            strategy: strategy.reference,
            direction: Direction::Both,
            ..spec(20, 50, 0.001)
        });
        for spec in built_in.chain([inline]) {
            let whole = simulate(bars.view().into(), &spec, &mut Unattended).unwrap();
            let prefix = simulate(bars.view().first(cut).into(), &spec, &mut Unattended).unwrap();
            let before = whole.fills.into_iter().filter(|fill| fill.bar < cut);
            prop_assert_eq!(before.collect::<Vec<Fill>>(), prefix.fills);
        }
    }
}

#[test]
fn indicators_that_are_equal_are_computed_once_and_those_that_no_rule_names_never() {
    let rules = serde_json::json!({
        "indicators": {
            "a": {"kind": "sma", "length": 5}, "b": {"kind": "sma", "source": "close", "length": 5},
            "c": {"kind": "sma", "length": 6}, "unused": {"kind": "obv"},
        },
        "entry": {"all": [{"op": "gt", "left": "a", "right": "c"},
                          {"op": "gt", "left": "b", "right": "close"}]},
    });
    assert_eq!(Program::compile(&resolved(&rules)).indicators().len(), 2);
}

#[test]
fn a_long_strategy_computes_nothing_for_shorts() {
    let donchian = built_ins().into_iter().find(|s| s.reference.id.as_str() == "donchian_breakout");
    let rules = donchian.unwrap().rules.unwrap();
    let resolved = rules.resolve(&rules.defaults()).unwrap();
    assert_eq!(Program::compile(&resolved).indicators().len(), 4);
    assert_eq!(Program::compile(&resolved.only(Direction::Long)).indicators().len(), 2);
}

#[test]
fn an_explanation_names_every_value() {
    let rules = serde_json::json!({
        "indicators": {"bb": {"kind": "bollinger", "length": 20, "mult": 2}},
        "entry": {"any": [
            {"op": "lt", "left": {"ref": "close", "bars_ago": 1}, "right": "bb.lower"},
            {"not": {"op": "gt", "left": "close", "right": 1000}},
        ]},
    });
    let (bars, resolved) = (aapl(), resolved(&rules));
    let early = explain(bars.view(), &resolved, 5);
    assert_eq!(early.indicators["bb.upper"], None);
    assert!(!early.rules["entry"].defined && !early.rules["entry"].truth);
    assert!(early.rules["entry"].group.truth, "the group by itself holds");
    let later = serde_json::to_value(explain(bars.view(), &resolved, 100)).unwrap();
    assert!(later["indicators"]["bb.middle"].is_f64());
    let first = &later["rules"]["entry"]["group"]["children"][0];
    assert_eq!(first["text"], "close[1] is below bb.lower");
    assert_eq!(first["left"], bars.view().close[99]);
    assert_eq!(later["rules"]["entry"]["group"]["children"][1]["kind"], "not");
}
