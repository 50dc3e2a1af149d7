use serde_json::{Value, json};

use super::*;
use crate::indicator::{Field, Indicator, LineKind};

fn crossover() -> Value {
    json!({
        "params": {
            "fast": {"type": "integer", "min": 0, "max": 100, "default": 20},
            "slow": {"type": "integer", "min": 2, "max": 100, "step": 1, "default": 50},
        },
        "indicators": {
            "fast": {"kind": "sma", "length": {"param": "fast"}},
            "slow": {"kind": "sma", "source": "open", "length": {"param": "slow"}},
            "bb": {"kind": "bollinger", "length": 20.0, "mult": 2},
        },
        "entry": {"all": [
            {"op": "crosses_above", "left": "fast", "right": "slow"},
            {"any": [
                {"op": "lt", "left": "close", "right": {"ref": "bb.lower", "bars_ago": 1}},
                {"not": {"op": "gte", "left": "volume", "right": 1e6}},
            ]},
        ]},
        "exit": {"any": [{"op": "crosses_below", "left": "fast", "right": "slow"}]},
        "risk": {"stop_loss": 0.07, "take_profit": null},
    })
}

/// The faults of the crossover with the value at `pointer` replaced, as (pointer, kind).
fn faults(pointer: &str, value: Value) -> Vec<(String, RuleFaultKind)> {
    let mut definition = crossover();
    *definition.pointer_mut(pointer).unwrap() = value;
    let faults = RuleSet::parse(&definition).unwrap_err();
    faults.into_iter().map(|fault| (fault.pointer, fault.kind)).collect()
}

#[track_caller]
fn refused(pointer: &str, value: Value, at: &str, kind: RuleFaultKind) {
    assert_eq!(faults(pointer, value), [(at.to_owned(), kind)]);
}

fn detail(definition: &Value) -> String {
    RuleSet::parse(definition).unwrap_err().remove(0).detail
}

#[test]
fn parameters_are_put_in_and_names_are_found() {
    let rules = RuleSet::parse(&crossover()).unwrap();
    let resolved = rules.resolve(&rules.defaults()).unwrap();
    let (name, indicator) = &resolved.indicators[1];
    let sma = Indicator::Line { kind: LineKind::Sma, source: Field::Close, length: 20 };
    assert_eq!((name.as_str(), *indicator), ("fast", sma));
    assert_eq!(resolved.risk.stop_loss, Some(0.07));
    let Some(Group::All(nodes)) = resolved.entry else { panic!("no group") };
    let Node::Condition(cross) = &nodes[0] else { panic!("no condition") };
    assert_eq!(cross.left, Operand::Output { indicator: 1, output: 0, bars_ago: 0 });
    assert_eq!(resolved.exit_short, None);
}

#[test]
fn the_canonical_form_parses_to_the_same_rules() {
    let rules = RuleSet::parse(&crossover()).unwrap();
    let text = serde_json::to_string(&rules).unwrap();
    assert_eq!(serde_json::from_str::<RuleSet>(&text).unwrap(), rules);
    assert!(text.contains(r#""length":20,"#) && text.contains(r#""source":"close""#), "{text}");
    let error = serde_json::from_str::<RuleSet>("{}").unwrap_err().to_string();
    assert!(error.starts_with("/entry: a rule set needs"), "{error}");
}

#[test]
fn a_parameter_without_a_step_has_one_that_is_above_nothing() {
    let step = |kind: &str, max: f64| {
        let mut definition = crossover();
        definition["params"] = json!({"n": {"type": kind, "min": 2, "max": max, "default": 2}});
        definition["indicators"]["fast"]["length"] = json!(3);
        definition["indicators"]["slow"]["length"] = json!(4);
        let rules = RuleSet::parse(&definition).unwrap();
        assert_eq!(RuleSet::parse(&rules.definition()).unwrap(), rules);
        rules.params()[0].step
    };
    assert_eq!([step("number", 4.0), step("number", 2.0), step("integer", 9.0)], [0.02, 1.0, 1.0]);
}

#[test]
fn the_summary_says_everything_in_one_sentence() {
    let rules = RuleSet::parse(&crossover()).unwrap();
    assert_eq!(
        rules.summary(&rules.defaults()),
        "Enter long when SMA(20) crosses above SMA(50) of open and (close is below the lower line \
         of Bollinger(20, 2) 1 bar ago or not (volume is at least 1000000)); leave when SMA(20) \
         crosses below SMA(50) of open; stop loss 7 %."
    );
}

#[test]
fn each_fault_names_its_place() {
    use RuleFaultKind::{Missing, Range, Type, Unknown};
    refused("", json!([]), "", Type);
    refused("/indicators/fast/kind", json!("smaa"), "/indicators/fast/kind", Unknown);
    refused("/indicators/fast", json!({"kind": "sma"}), "/indicators/fast/length", Missing);
    refused("/indicators/bb/length", json!(0), "/indicators/bb/length", Range);
    refused("/indicators/bb/length", json!(1e300), "/indicators/bb/length", Range);
    refused("/indicators/bb/length", json!(2.5), "/indicators/bb/length", Type);
    refused("/indicators/bb/mult", json!("NaN"), "/indicators/bb/mult", Type);
    refused("/indicators/slow/source", json!("slow"), "/indicators/slow/source", Range);
    refused("/indicators/slow/source", json!("bb.upper"), "/indicators/slow/source", Range);
    refused("/entry/all/0/left", json!("bb"), "/entry/all/0/left", Unknown);
    refused("/entry/all/0/left", json!("bb.uper"), "/entry/all/0/left", Unknown);
    refused("/entry/all/0/left", json!("fast.value"), "/entry/all/0/left", Unknown);
    refused("/entry/all/0/left", json!("NaN"), "/entry/all/0/left", Unknown);
    refused("/entry/all/0/left", json!(null), "/entry/all/0/left", Type);
    refused("/entry/all/0/left", json!({"ref": "close"}), "/entry/all/0/left/bars_ago", Missing);
    refused("/entry/all/0/left", json!({"param": "q"}), "/entry/all/0/left/param", Unknown);
    refused("/entry/all/0/op", json!("cross"), "/entry/all/0/op", Unknown);
    refused("/entry/all/0", json!({"op": "gt", "left": 1}), "/entry/all/0/right", Missing);
    refused("/entry/all", json!([]), "/entry/all", Range);
    refused("/entry", json!({"op": "gt", "left": 1, "right": 2}), "/entry", Type);
    refused("/entry", json!({}), "/entry", Missing);
    refused("/entry", json!(null), "/entry", Missing);
    refused("/exit/any", json!({}), "/exit/any", Type);
    refused("/risk/stop_loss", json!(1), "/risk/stop_loss", Range);
    refused("/params/fast/min", json!(200), "/params/fast/max", Range);
    refused("/params/fast/default", json!(0), "/params/fast/default", Range);
    refused("/params/slow/step", json!(0), "/params/slow/step", Range);
    refused("/params/fast/type", json!("number"), "/indicators/fast/length/param", Type);
}

#[test]
fn all_faults_are_found_at_once() {
    let definition = json!({
        "indicator": {},
        "indicators": {"1a": {"kind": "sma", "length": -1}, "close": {"kind": "obv", "source": 1}},
        "entry": {"all": [1, {"op": "gt", "left": "closed", "right": true, "then": 1}], "any": []},
    });
    let faults = RuleSet::parse(&definition).unwrap_err();
    let pointers: Vec<_> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
    let expected = [
        "/indicator",
        "/indicators/1a",
        "/indicators/1a/length",
        "/indicators/close",
        "/indicators/close/source",
        "/entry",
    ];
    assert_eq!(pointers, expected);
}

#[test]
fn the_nearest_name_is_offered() {
    let mut definition = crossover();
    definition["entry"]["all"][0]["left"] = json!("bb.uper");
    assert_eq!(detail(&definition), "`bb` has no output `uper`; did you mean `upper`?");
    definition["entry"]["all"][0]["left"] = json!("clsoe");
    let said = "there is no indicator and no column `clsoe`; did you mean `close`?";
    assert_eq!(detail(&definition), said);
}

#[test]
fn groups_are_nested_at_most_sixteen_deep() {
    let nested = |depth: usize| {
        let condition = json!({"op": "gt", "left": "close", "right": 1});
        json!({"entry": (0..depth).fold(condition, |inner, _| json!({"all": [inner]}))})
    };
    assert!(RuleSet::parse(&nested(16)).is_ok());
    for depth in [17, 1_000] {
        let faults = RuleSet::parse(&nested(depth)).unwrap_err();
        assert_eq!(faults.len(), 1);
        assert_eq!(faults[0].pointer, format!("/entry{}", "/all/0".repeat(16)));
    }
}

#[test]
fn numbers_of_things_are_bounded() {
    let condition = json!({"op": "gt", "left": "close", "right": 1});
    let of = |n| json!({"entry": {"any": vec![condition.clone(); n]}});
    assert!(RuleSet::parse(&of(512)).is_ok());
    let faults = RuleSet::parse(&of(100_000)).unwrap_err();
    assert_eq!((faults.len(), faults[0].pointer.as_str()), (1, "/entry/any/512"));
    let indicators: serde_json::Map<_, _> =
        (0..65).map(|i| (format!("i{i}"), json!({"kind": "obv"}))).collect();
    let mut many = of(1);
    many["indicators"] = Value::Object(indicators);
    assert_eq!(RuleSet::parse(&many).unwrap_err()[0].pointer, "/indicators");
}

#[test]
fn values_that_do_not_fit_where_they_stand_are_named() {
    let mut definition = crossover();
    definition["indicators"]["m"] = json!({
        "kind": "macd", "fast": {"param": "fast"}, "slow": 40, "signal": 9,
    });
    let rules = RuleSet::parse(&definition).unwrap();
    let with = |fast: f64| {
        let mut values: BTreeMap<_, _> =
            rules.defaults().iter().map(|(name, value)| (name.to_owned(), value)).collect();
        values.insert("fast".to_owned(), crate::strategy::ParamKind::Integer.value(fast));
        rules.resolve(&Params::from(values))
    };
    assert!(with(39.0).is_ok());
    for bad in [0.0, 40.0] {
        let faults = with(bad).unwrap_err();
        assert!(faults.iter().all(|fault| fault.name == "fast"), "{faults:?}");
    }
    let faults = rules.resolve(&Params::default()).unwrap_err();
    assert_eq!(faults[0].name, "fast");
}

#[test]
fn the_example_of_the_schema_is_a_rule_set() {
    let schema = json_schema();
    let example = &schema["examples"][0];
    assert!(RuleSet::parse(example).is_ok());
    let kinds = schema["$defs"]["indicator"]["oneOf"].as_array().unwrap();
    assert_eq!(kinds.len(), 19);
    assert!(kinds.iter().all(|kind| kind["properties"]["kind"]["const"].is_string()));
}
