//! Rule sets with something wrong in them: each is refused with a place, and none is a surprise.

use serde_json::{Value, json};
use tapedeck_domain::rules::{RuleFault, RuleFaultKind, RuleSet};

fn good() -> Value {
    json!({
        "params": {
            "n": {"type": "integer", "min": 2, "max": 100, "step": 1, "default": 20,
                  "description": "bars"},
        },
        "indicators": {
            "fast": {"kind": "sma", "source": "close", "length": {"param": "n"}},
            "bb": {"kind": "bollinger", "length": 20, "mult": 2},
            "macd": {"kind": "macd", "fast": 12, "slow": 26, "signal": 9},
        },
        "entry": {"all": [
            {"op": "crosses_above", "left": "fast", "right": "bb.upper"},
            {"not": {"any": [{"op": "gt", "left": {"ref": "close", "bars_ago": 3}, "right": 5}]}},
        ]},
        "exit": {"any": [{"op": "lt", "left": "macd.line", "right": {"param": "n"}}]},
        "risk": {"stop_loss": 0.1, "take_profit": 0.2, "trailing_stop": null},
    })
}

/// `json!` would copy what it nests.
fn member(name: &str, inner: Value) -> Value {
    Value::Object([(name.to_owned(), inner)].into_iter().collect())
}

/// Things that somebody may send where something else is expected.
fn nasty() -> Vec<Value> {
    let condition = json!({"op": "gt", "left": "close", "right": 1});
    let deep = |wrap: fn(Value) -> Value| (0..1_000).fold(condition.clone(), |x, _| wrap(x));
    vec![
        json!(null),
        json!(true),
        json!("NaN"),
        json!("bb.uper"),
        json!("fats"),
        json!("\u{0}~/\u{1F4A5}"),
        json!(-1),
        json!(0.5),
        json!(1e308),
        json!(-1e308),
        json!(u64::MAX),
        json!([]),
        json!({}),
        json!({"all": []}),
        json!({"all": [], "any": []}),
        json!({"ref": "fast", "bars_ago": -1}),
        json!({"ref": {"ref": "fast", "bars_ago": 1}, "bars_ago": 1}),
        json!({"param": "nn"}),
        json!({"kind": "sma", "source": "fast", "length": 3}),
        deep(|inner| member("all", Value::Array(vec![inner]))),
        deep(|inner| member("not", inner)),
        deep(|inner| Value::Array(vec![inner])),
    ]
}

/// The pointers of all that is in a value.
fn places(value: &Value, pointer: &str, found: &mut Vec<String>) {
    found.push(pointer.to_owned());
    match value {
        Value::Object(members) => members
            .iter()
            .for_each(|(name, value)| places(value, &format!("{pointer}/{name}"), found)),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .for_each(|(i, value)| places(value, &format!("{pointer}/{i}"), found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// What is faulty is there; what is missing would be in an object that is there.
fn has_a_place(definition: &Value, fault: &RuleFault) -> bool {
    let parent = fault.pointer.rsplit_once('/').and_then(|(parent, _)| definition.pointer(parent));
    match fault.kind {
        RuleFaultKind::Missing if parent.is_some_and(Value::is_object) => true,
        RuleFaultKind::Missing
        | RuleFaultKind::Unknown
        | RuleFaultKind::Type
        | RuleFaultKind::Range => definition.pointer(&fault.pointer).is_some(),
    }
}

#[test]
fn whatever_stands_in_the_wrong_place_is_refused_with_a_place() {
    let good = good();
    assert!(RuleSet::parse(&good).is_ok());
    let mut all = Vec::new();
    places(&good, "", &mut all);
    let (nasty, mut refused) = (nasty(), 0);
    for place in &all {
        for value in &nasty {
            let mut definition = good.clone();
            definition.pointer_mut(place).unwrap().clone_from(value);
            match RuleSet::parse(&definition) {
                Ok(_) => assert!(is_harmless(place, value), "{place} may be {value}"),
                Err(faults) => {
                    refused += 1;
                    assert!(!faults.is_empty() && faults.iter().all(|f| !f.detail.is_empty()));
                    let lost = faults.iter().find(|fault| !has_a_place(&definition, fault));
                    assert_eq!(lost, None, "{place} is {}", definition.pointer(place).unwrap());
                }
            }
        }
    }
    assert!(refused > 500, "{refused}");
}

/// What is allowed after all: nothing where nothing is needed, and other values of the same type.
fn is_harmless(place: &str, value: &Value) -> bool {
    let last = place.rsplit('/').next().unwrap_or_default();
    match last {
        "left" | "right" => value.is_number(),
        "exit" => value.is_null(),
        "stop_loss" | "take_profit" | "trailing_stop" => value.is_null() || *value == json!(0.5),
        "risk" => value.is_null() || *value == json!({}),
        "description" => value.is_null() || value.is_string(),
        "mult" => *value == json!(0.5),
        "min" => *value == json!(-1),
        _ => false,
    }
}
