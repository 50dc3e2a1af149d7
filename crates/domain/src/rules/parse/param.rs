use serde_json::{Map, Value};

use super::{NAME_RULE, Parser, is_name};
use crate::rules::fault::{RuleFaultKind, member};
use crate::rules::place::MAX_CONSTANT;
use crate::strategy::{ParamKind, ParamSchema};

const MEMBERS: [&str; 6] = ["type", "min", "max", "step", "default", "description"];
const REQUIRED: [&str; 4] = ["type", "min", "max", "default"];
const MAX_PARAMS: usize = 32;
const MAX_DESCRIPTION: usize = 500;

impl Parser {
    /// What is declared.
    pub(super) fn params(&mut self, value: Option<&Value>) -> Vec<ParamSchema> {
        let Some(declared) = self.map(value, "/params", MAX_PARAMS) else { return Vec::new() };
        for (name, value) in declared {
            let schema = self.declaration(name, value);
            self.params.insert(name.clone(), schema);
        }
        self.params.values().flatten().cloned().collect()
    }

    fn declaration(&mut self, name: &str, value: &Value) -> Option<ParamSchema> {
        let at = member("/params", name);
        if !is_name(name) {
            self.faults.add(&at, RuleFaultKind::Range, NAME_RULE);
        }
        let declared = self.object(value, &at, &MEMBERS, &REQUIRED)?;
        let kinds = [ParamKind::Integer, ParamKind::Number].map(|kind| (kind.as_str(), kind));
        let kind = self.word(declared.get("type"), &member(&at, "type"), kinds);
        let [min, max, default, step] = ["min", "max", "default", "step"]
            .map(|name| self.bound(declared.get(name), &member(&at, name), kind));
        let description = self.description(declared, &at);
        let hundredth = (max? - min?) / 100.0;
        let step = step.unwrap_or(match kind? {
            ParamKind::Number if hundredth > 0.0 => hundredth,
            ParamKind::Integer | ParamKind::Number => 1.0,
        });
        let (min, max, default, kind) = (min?, max?, default?, kind?);
        let name = name.to_owned();
        let schema = ParamSchema { name, kind, min, max, step, default, description };
        self.ordered(&schema, declared.contains_key("step"), &at).then_some(schema)
    }

    fn bound(
        &mut self,
        value: Option<&Value>,
        pointer: &str,
        kind: Option<ParamKind>,
    ) -> Option<f64> {
        let Some(number) = value?.as_f64() else {
            self.faults.add(pointer, RuleFaultKind::Type, "must be a number");
            return None;
        };
        if kind == Some(ParamKind::Integer) && number.fract() != 0.0 {
            self.faults.add(pointer, RuleFaultKind::Type, "must be a whole number");
            return None;
        }
        if number.abs() > MAX_CONSTANT {
            let detail = format!("must be from -{MAX_CONSTANT:e} to {MAX_CONSTANT:e}");
            self.faults.add(pointer, RuleFaultKind::Range, detail);
            return None;
        }
        Some(number)
    }

    fn description(&mut self, declared: &Map<String, Value>, at: &str) -> String {
        let Some(value) = declared.get("description").filter(|value| !value.is_null()) else {
            return String::new();
        };
        let pointer = member(at, "description");
        let Some(text) = value.as_str() else {
            self.faults.add(&pointer, RuleFaultKind::Type, "must be text");
            return String::new();
        };
        if text.chars().count() > MAX_DESCRIPTION {
            let detail = format!("must have at most {MAX_DESCRIPTION} characters");
            self.faults.add(&pointer, RuleFaultKind::Range, detail);
        }
        text.to_owned()
    }

    /// Whether the bounds enclose the default, and a search gets on.
    fn ordered(&mut self, schema: &ParamSchema, stepped: bool, at: &str) -> bool {
        let ParamSchema { min, max, step, default, .. } = schema;
        let mut sound = true;
        let mut fault = |name, detail: String| {
            sound = false;
            self.faults.add(&member(at, name), RuleFaultKind::Range, detail);
        };
        if min > max {
            fault("max", format!("must not be below `min`, which is {min}"));
        } else if !(min..=max).contains(&default) {
            fault("default", format!("must be from {min} to {max}"));
        }
        if stepped && *step <= 0.0 {
            fault("step", "must be above 0".to_owned());
        }
        sound
    }
}
