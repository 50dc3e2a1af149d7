use serde_json::{Map, Value};

use super::Parser;
use crate::rules::fault::{RuleFaultKind, member};
use crate::rules::nearest::hint;

impl Parser {
    /// An object with none but `known` members and with all `required` ones.
    pub(super) fn object<'a>(
        &mut self,
        value: &'a Value,
        pointer: &str,
        known: &[&str],
        required: &[&str],
    ) -> Option<&'a Map<String, Value>> {
        let Some(object) = value.as_object() else {
            self.faults.add(pointer, RuleFaultKind::Type, "must be an object");
            return None;
        };
        for name in object.keys().filter(|name| !known.contains(&name.as_str())) {
            let detail = format!("there is no such member{}", hint(name, known.iter().copied()));
            self.faults.add(&member(pointer, name), RuleFaultKind::Unknown, detail);
        }
        for name in required.iter().filter(|name| !object.contains_key(**name)) {
            let detail = format!("`{name}` is required");
            self.faults.add(&member(pointer, name), RuleFaultKind::Missing, detail);
        }
        Some(object)
    }

    /// A word out of a few; what is missing is a fault of its own.
    pub(super) fn word<'a, T: Copy>(
        &mut self,
        value: Option<&Value>,
        pointer: &str,
        words: impl IntoIterator<Item = (&'a str, T)> + Clone,
    ) -> Option<T> {
        let names = words.clone().into_iter().map(|(name, _)| name);
        let Some(given) = value?.as_str() else {
            let all: Vec<_> = names.collect();
            let detail = format!("must be one of {}", all.join(", "));
            self.faults.add(pointer, RuleFaultKind::Type, detail);
            return None;
        };
        let found = words.into_iter().find_map(|(name, word)| (name == given).then_some(word));
        if found.is_none() {
            let detail = format!("there is no `{}`{}", excerpt(given), hint(given, names));
            self.faults.add(pointer, RuleFaultKind::Unknown, detail);
        }
        found
    }
}

/// The beginning of a text that may be long.
pub(super) fn excerpt(text: &str) -> String {
    text.chars().take(64).collect()
}
