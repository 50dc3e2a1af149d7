use serde_json::Value;

use super::Parser;
use super::object::excerpt;
use crate::rules::definition::Number;
use crate::rules::fault::{RuleFaultKind, member};
use crate::rules::nearest::hint;
use crate::rules::place::Place;
use crate::strategy::ParamKind;

impl Parser {
    /// A number that fits its place, or a parameter.
    pub(super) fn number(&mut self, value: &Value, pointer: &str, place: Place) -> Option<Number> {
        if value.is_object() {
            return self.param(value, pointer, place);
        }
        let Some(number) = value.as_f64() else {
            let text = if value.is_string() { "; numbers are written without quotes" } else { "" };
            let detail = format!("must be {} or {{\"param\": NAME}}{text}", place.accepts());
            self.faults.add(pointer, RuleFaultKind::Type, detail);
            return None;
        };
        match place.check(number) {
            Ok(number) => Some(Number::Literal(number)),
            Err(kind) => {
                self.faults.add(pointer, kind, format!("must be {}", place.accepts()));
                None
            }
        }
    }

    /// `{"param": NAME}` with a name that was declared.
    fn param(&mut self, value: &Value, pointer: &str, place: Place) -> Option<Number> {
        let object = self.object(value, pointer, &["param"], &["param"])?;
        let pointer = member(pointer, "param");
        let Some(name) = object.get("param")?.as_str() else {
            self.faults.add(&pointer, RuleFaultKind::Type, "must be the name of a parameter");
            return None;
        };
        match self.params.get(name) {
            None => {
                let known = hint(name, self.params.keys().map(String::as_str));
                let name = excerpt(name);
                let detail = format!("the parameter `{name}` is not declared in `params`{known}");
                self.faults.add(&pointer, RuleFaultKind::Unknown, detail);
                None
            }
            Some(Some(schema)) if place.is_whole() && schema.kind != ParamKind::Integer => {
                let detail = format!("`{name}` must be an `integer` parameter to stand here");
                self.faults.add(&pointer, RuleFaultKind::Type, detail);
                None
            }
            Some(_) => Some(Number::Param(name.to_owned())),
        }
    }
}
