use serde_json::Value;

use super::Parser;
use super::object::excerpt;
use crate::indicator::Field;
use crate::rules::definition::{Number, Term};
use crate::rules::fault::{RuleFaultKind, member};
use crate::rules::nearest::hint;
use crate::rules::place::Place;

impl Parser {
    /// A side of a condition.
    pub(super) fn operand(&mut self, value: &Value, pointer: &str) -> Option<Term> {
        match value {
            Value::String(name) => self.named(name, pointer, Number::Literal(0.0)),
            Value::Number(_) => self.number(value, pointer, Place::Constant).map(Term::Number),
            Value::Object(object) if object.contains_key("param") => {
                self.number(value, pointer, Place::Constant).map(Term::Number)
            }
            Value::Object(_) => self.earlier(value, pointer),
            Value::Null | Value::Bool(_) | Value::Array(_) => {
                let detail = "must be a name, a number, {\"ref\": NAME, \"bars_ago\": N} or \
                              {\"param\": NAME}";
                self.faults.add(pointer, RuleFaultKind::Type, detail);
                None
            }
        }
    }

    /// `{"ref": NAME, "bars_ago": N}`.
    fn earlier(&mut self, value: &Value, pointer: &str) -> Option<Term> {
        let members = ["ref", "bars_ago"];
        let object = self.object(value, pointer, &members, &members)?;
        let bars_ago = object
            .get("bars_ago")
            .and_then(|value| self.number(value, &member(pointer, "bars_ago"), Place::BarsAgo));
        let pointer = member(pointer, "ref");
        let Some(name) = object.get("ref")?.as_str() else {
            let detail = "must be the name of an indicator or of a column of the bars";
            self.faults.add(&pointer, RuleFaultKind::Type, detail);
            return None;
        };
        let found = self.named(name, &pointer, Number::Literal(0.0));
        Some(match (found?, bars_ago?) {
            (Term::Field { field, .. }, bars_ago) => Term::Field { field, bars_ago },
            (Term::Output { indicator, output, .. }, bars_ago) => {
                Term::Output { indicator, output, bars_ago }
            }
            (constant @ Term::Number(_), _) => constant,
        })
    }

    /// A column of the bars, or an output of an indicator.
    fn named(&mut self, name: &str, pointer: &str, bars_ago: Number) -> Option<Term> {
        if let Some(field) = Field::ALL.into_iter().find(|field| field.as_str() == name) {
            return Some(Term::Field { field, bars_ago });
        }
        let (base, suffix) = name.split_once('.').unwrap_or((name, ""));
        let indicator = self.indicators.iter().position(|(known, _)| known == base);
        let Some(indicator) = indicator else {
            self.unknown(name, pointer);
            return None;
        };
        // What is wrong with it is said where it is defined.
        let kind = self.indicators.get(indicator).and_then(|(_, kind)| *kind)?;
        let outputs = kind.outputs();
        if let Some(output) = outputs.iter().position(|output| *output == suffix) {
            return Some(Term::Output { indicator, output, bars_ago });
        }
        let detail = match (outputs, suffix) {
            ([""], _) => format!("`{base}` has one output: write `{base}` alone"),
            (_, "") => format!("`{base}` has several outputs: write {}", all(base, outputs)),
            (_, suffix) => {
                let hint = hint(suffix, outputs.iter().copied());
                format!("`{base}` has no output `{}`{hint}", excerpt(suffix))
            }
        };
        self.faults.add(pointer, RuleFaultKind::Unknown, detail);
        None
    }

    fn unknown(&mut self, name: &str, pointer: &str) {
        let fields = Field::ALL.iter().map(|field| field.as_str());
        let indicators = self.indicators.iter().map(|(name, _)| name.as_str());
        let hint = if name.parse::<f64>().is_ok() {
            "; numbers are written without quotes, and must be finite".to_owned()
        } else {
            hint(name, indicators.chain(fields))
        };
        let name = excerpt(name);
        let detail = format!("there is no indicator and no column `{name}`{hint}");
        self.faults.add(pointer, RuleFaultKind::Unknown, detail);
    }
}

fn all(base: &str, outputs: &[&str]) -> String {
    let names: Vec<_> = outputs.iter().map(|output| format!("`{base}.{output}`")).collect();
    names.join(" or ")
}
