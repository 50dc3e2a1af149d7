//! What the author of valid rules may not have meant.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::RulesWarning;

/// Each side's group to get in, the one to get out, and what it is called.
const SIDES: [(&str, &str, &str); 2] =
    [("entry", "exit", "long"), ("entry_short", "exit_short", "short")];

/// The warnings about a definition that is valid.
pub(super) fn of(definition: &Value) -> Vec<RulesWarning> {
    let none = Map::new();
    let set = definition.as_object().unwrap_or(&none);
    let mut names = Names::default();
    set.iter().for_each(|(name, value)| names.collect(name, value));
    let unused = |section: &str, used: &BTreeSet<String>, what: &str| -> Vec<RulesWarning> {
        let declared = set.get(section).and_then(Value::as_object).into_iter().flatten();
        let unused = declared.filter(|(name, _)| !used.contains(*name));
        // Names are of letters, digits and `_`, so nothing is to be escaped.
        unused.map(|(name, _)| warning(&format!("/{section}/{name}"), "unused", what)).collect()
    };
    let mut all = unused("indicators", &names.operands, "no rule names this indicator");
    all.extend(unused("params", &names.params, "no number is this parameter"));
    all.extend(sides(set));
    all
}

fn warning(pointer: &str, code: &'static str, detail: &str) -> RulesWarning {
    RulesWarning { pointer: pointer.to_owned(), code, detail: detail.to_owned() }
}

/// Positions that nothing ends, and exits that end nothing.
fn sides(set: &Map<String, Value>) -> Vec<RulesWarning> {
    let said = |name: &str| set.get(name).is_some_and(|value| !value.is_null());
    let risk = set.get("risk").and_then(Value::as_object).into_iter().flatten();
    let protected = risk.into_iter().any(|(_, value)| !value.is_null());
    let side = |(entry, exit, side)| match (said(entry), said(exit)) {
        (true, false) if !protected => {
            let detail = format!("nothing ends a {side} position before the data do");
            Some(warning(&format!("/{exit}"), "never_leaves", &detail))
        }
        (false, true) => {
            let detail = format!("there is no `{entry}`, so this ends nothing");
            Some(warning(&format!("/{exit}"), "never_enters", &detail))
        }
        (true, _) | (false, false) => None,
    };
    SIDES.into_iter().filter_map(side).collect()
}

/// What rules name.
#[derive(Default)]
struct Names {
    operands: BTreeSet<String>,
    params: BTreeSet<String>,
}

impl Names {
    /// Looks through a value and all that is in it; valid rules are not deep.
    fn collect(&mut self, member: &str, value: &Value) {
        match (member, value) {
            ("left" | "right" | "ref", Value::String(name)) => {
                let indicator = name.split('.').next().unwrap_or_default();
                self.operands.insert(indicator.to_owned());
            }
            ("param", Value::String(name)) => {
                self.params.insert(name.clone());
            }
            (_, Value::Array(items)) => items.iter().for_each(|item| self.collect("", item)),
            (_, Value::Object(members)) => {
                members.iter().for_each(|(member, value)| self.collect(member, value));
            }
            (_, Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(definition: &Value) -> Vec<(String, &'static str)> {
        of(definition).into_iter().map(|warning| (warning.pointer, warning.code)).collect()
    }

    #[test]
    fn rules_in_which_everything_is_used_have_no_warnings() {
        let definition = json!({
            "params": {"n": {"type": "integer", "min": 1, "max": 9, "default": 2}},
            "indicators": {
                "fast": {"kind": "sma", "length": {"param": "n"}},
                "bb": {"kind": "bollinger", "length": 20, "mult": 2},
            },
            "entry": {"all": [
                {"not": {"op": "gt", "left": {"ref": "fast", "bars_ago": 1}, "right": 3}},
            ]},
            "exit": {"any": [{"op": "lt", "left": "close", "right": "bb.lower"}]},
        });
        assert_eq!(found(&definition), []);
    }

    #[test]
    fn names_that_nothing_uses_are_named() {
        let definition = json!({
            "params": {"n": {}, "gt": {}},
            "indicators": {"gt": {"kind": "obv"}, "fast": {"kind": "sma", "length": 3}},
            "entry": {"all": [{"op": "gt", "left": "fast", "right": {"param": "n"}}]},
            "exit": {"all": [{"op": "gt", "left": 1, "right": "fast"}]},
        });
        let expected =
            [("/indicators/gt".to_owned(), "unused"), ("/params/gt".to_owned(), "unused")];
        assert_eq!(found(&definition), expected);
    }

    #[test]
    fn positions_without_an_end_and_ends_without_a_position_are_named() {
        let group = json!({"all": [{"op": "gt", "left": "close", "right": 1}]});
        let open = json!({"entry": group, "exit": null, "risk": {"stop_loss": null}});
        assert_eq!(found(&open), [("/exit".to_owned(), "never_leaves")]);
        let stopped = json!({"entry": group, "risk": {"stop_loss": 0.1}});
        assert_eq!(found(&stopped), []);
        let idle = json!({"entry": group, "exit": group, "exit_short": group});
        assert_eq!(found(&idle), [("/exit_short".to_owned(), "never_enters")]);
    }
}
