//! From JSON to a definition, or every reason why not.
//!
//! The depth of groups and the number of everything is bounded while reading, so that no
//! definition, however it is nested, costs more than its own size.

mod group;
mod indicator;
mod number;
mod object;
mod operand;
mod param;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::definition::{Definition, GROUPS, Named, Number, RISKS, Term};
use super::fault::{Faults, RuleFault, RuleFaultKind, member};
use super::kind::Kind;
use super::place::Place;
use super::tree::Group;
use crate::strategy::ParamSchema;

/// Reads a definition, by the names that it declares.
#[derive(Default)]
struct Parser {
    faults: Faults,
    /// What was declared; `None` where the declaration has a fault of its own.
    params: BTreeMap<String, Option<ParamSchema>>,
    /// Likewise; an indicator of an unknown kind may have any output.
    indicators: Vec<(String, Option<Kind>)>,
    conditions: usize,
}

const MEMBERS: [&str; 7] =
    ["params", "indicators", "entry", "exit", "entry_short", "exit_short", "risk"];

/// Reads a definition.
pub(super) fn definition(value: &Value) -> Result<Definition, Vec<RuleFault>> {
    let mut parser = Parser::default();
    let definition = parser.definition(value);
    match definition {
        Some(definition) if parser.faults.is_empty() => Ok(definition),
        Some(_) | None => Err(parser.faults.into_vec()),
    }
}

impl Parser {
    fn definition(&mut self, value: &Value) -> Option<Definition> {
        let set = self.object(value, "", &MEMBERS, &[])?;
        let params = self.params(set.get("params"));
        let indicators = self.indicators(set.get("indicators"));
        let groups = GROUPS.map(|name| self.top_group(set, name));
        let risk = self.risk(set.get("risk"));
        let written = |name: &str| set.get(name).is_some_and(|value| !value.is_null());
        if !written("entry") && !written("entry_short") {
            let detail = "a rule set needs `entry` or `entry_short`";
            self.faults.add("/entry", RuleFaultKind::Missing, detail);
        }
        Some(Definition { params, indicators, groups, risk })
    }

    fn top_group(&mut self, set: &Map<String, Value>, name: &str) -> Option<Group<Term>> {
        let value = set.get(name).filter(|value| !value.is_null())?;
        self.group(value, &member("", name), 1)
    }

    fn indicators(&mut self, value: Option<&Value>) -> Vec<Named> {
        let Some(named) = self.map(value, "/indicators", MAX_INDICATORS) else { return Vec::new() };
        // Operands may name what has faults, without another fault.
        self.indicators = named.iter().map(|(name, value)| (name.clone(), kind(value))).collect();
        named.iter().filter_map(|(name, value)| self.indicator(name, value)).collect()
    }

    fn risk(&mut self, value: Option<&Value>) -> [Option<Number>; 3] {
        let value = value.filter(|value| !value.is_null());
        let risk = value.and_then(|value| self.object(value, "/risk", &RISKS, &[]));
        let places = [Place::Stop, Place::Target, Place::Stop];
        let mut places = places.into_iter();
        RISKS.map(|name| {
            let place = places.next().unwrap_or(Place::Stop);
            let value = risk?.get(name).filter(|value| !value.is_null())?;
            self.number(value, &member("/risk", name), place)
        })
    }

    /// An object of names, which may be left out.
    fn map<'a>(
        &mut self,
        value: Option<&'a Value>,
        pointer: &str,
        most: usize,
    ) -> Option<&'a Map<String, Value>> {
        let value = value.filter(|value| !value.is_null())?;
        let Some(map) = value.as_object() else {
            self.faults.add(pointer, RuleFaultKind::Type, "must be an object of names");
            return None;
        };
        if map.len() > most {
            let detail = format!("at most {most}, and there are {}", map.len());
            self.faults.add(pointer, RuleFaultKind::Range, detail);
            return None;
        }
        Some(map)
    }
}

const MAX_INDICATORS: usize = 64;

fn kind(value: &Value) -> Option<Kind> {
    Kind::named(value.get("kind")?.as_str()?)
}

/// Names that can be told from numbers, and that leave the dot to outputs.
fn is_name(name: &str) -> bool {
    let mut letters = name.chars();
    letters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
        && name.len() <= 64
}

const NAME_RULE: &str =
    "a name is a letter or `_`, then letters, digits and `_`, at most 64 characters in all";
