use serde_json::Value;

use super::{NAME_RULE, Parser, is_name};
use crate::indicator::Field;
use crate::rules::definition::{Named, Number};
use crate::rules::fault::{RuleFaultKind, member};
use crate::rules::kind::Kind;

impl Parser {
    /// An indicator under its name.
    pub(super) fn indicator(&mut self, name: &str, value: &Value) -> Option<Named> {
        let at = member("/indicators", name);
        if !is_name(name) {
            self.faults.add(&at, RuleFaultKind::Range, NAME_RULE);
        } else if Field::ALL.iter().any(|field| field.as_str() == name) {
            let detail =
                format!("`{name}` is a column of the bars; an indicator needs a name of its own");
            self.faults.add(&at, RuleFaultKind::Range, detail);
        }
        let Some(object) = value.as_object() else {
            self.faults.add(&at, RuleFaultKind::Type, "must be an object with a `kind`");
            return None;
        };
        let Some(word) = object.get("kind") else {
            let detail = "`kind` is required";
            self.faults.add(&member(&at, "kind"), RuleFaultKind::Missing, detail);
            return None;
        };
        let kinds = Kind::ALL.map(|kind| (kind.as_str(), kind));
        let kind = self.word(Some(word), &member(&at, "kind"), kinds)?;
        let members: Vec<&str> = kind.members().iter().map(|member| member.name).collect();
        let mut known = vec!["kind"];
        known.extend(kind.source().map(|_| "source"));
        known.extend(&members);
        let object = self.object(value, &at, &known, &members)?;
        let source = match object.get("source").filter(|_| kind.source().is_some()) {
            Some(source) => self.source(source, &member(&at, "source"))?,
            None => kind.source().unwrap_or(Field::Close),
        };
        let numbers = kind.members().iter().map(|taken| {
            self.number(object.get(taken.name)?, &member(&at, taken.name), taken.place)
        });
        let read: Vec<Option<Number>> = numbers.collect();
        let numbers = read.into_iter().collect::<Option<Vec<Number>>>()?;
        self.fast_below_slow(kind, &numbers, &at);
        Some(Named { name: name.to_owned(), kind, source, numbers })
    }

    fn source(&mut self, value: &Value, pointer: &str) -> Option<Field> {
        let name = value.as_str().map(|name| name.split('.').next().unwrap_or_default());
        if name.is_some_and(|name| self.indicators.iter().any(|(known, _)| known == name)) {
            let detail = "an indicator is computed over a column of the bars (open, high, low, \
                          close, volume), never over another indicator";
            self.faults.add(pointer, RuleFaultKind::Range, detail);
            return None;
        }
        self.word(Some(value), pointer, Field::ALL.map(|field| (field.as_str(), field)))
    }

    fn fast_below_slow(&mut self, kind: Kind, numbers: &[Number], at: &str) {
        if let (Kind::Macd, [Number::Literal(fast), Number::Literal(slow), _]) = (kind, numbers)
            && fast >= slow
        {
            let detail = format!("must be below `slow`, and {fast} is not below {slow}");
            self.faults.add(&member(at, "fast"), RuleFaultKind::Range, detail);
        }
    }
}
