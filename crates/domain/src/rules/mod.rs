//! Rule sets: strategies as data. A definition names indicators and says in groups of conditions
//! when to enter and when to leave; its numbers may be parameters.

mod definition;
mod explanation;
mod fault;
mod kind;
mod nearest;
mod parse;
mod place;
mod resolve;
mod schema;
#[cfg(test)]
mod tests;
mod tree;
mod words;
mod write;

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::strategy::{ParamFault, ParamFaultKind, ParamSchema, Params};
use definition::Definition;

pub use explanation::{ConditionTruth, Explanation, GroupTruth, NodeTruth, RuleTruth};
pub use fault::{RuleFault, RuleFaultKind};
pub use resolve::{Operand, Protection, Resolved};
pub use schema::json_schema;
pub use tree::{Condition, Group, Node, Op};

/// A rule set that is valid: names exist, numbers are in range, and it runs with the defaults of
/// its parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleSet(Definition);

impl RuleSet {
    /// Reads a definition.
    ///
    /// # Errors
    /// Everything that is wrong with it, up to a few hundred faults.
    pub fn parse(definition: &Value) -> Result<Self, Vec<RuleFault>> {
        let rules = Self(parse::definition(definition)?);
        match rules.resolve(&rules.defaults()) {
            Ok(_) => Ok(rules),
            Err(faults) => Err(faults.into_iter().map(default_fault).collect()),
        }
    }

    /// The parameters that it declares, by name.
    pub fn params(&self) -> &[ParamSchema] {
        &self.0.params
    }

    /// The parameters with their defaults.
    pub fn defaults(&self) -> Params {
        let schemas = self.0.params.iter();
        let values: BTreeMap<_, _> = schemas
            .map(|schema| (schema.name.clone(), schema.kind.value(schema.default)))
            .collect();
        Params::from(values)
    }

    /// The rules with values for all parameters.
    ///
    /// # Errors
    /// The parameters that do not fit where they stand: a length that is 0, a fast average that
    /// is not faster.
    pub fn resolve(&self, params: &Params) -> Result<Resolved, Vec<ParamFault>> {
        resolve::resolve(&self.0, params)
    }

    /// The rules in words, with the values of `params`; a parameter without one goes by its name.
    pub fn summary(&self, params: &Params) -> String {
        words::summary(&self.0, params)
    }

    /// The definition, always in the same form.
    pub fn definition(&self) -> Value {
        self.0.to_json()
    }
}

fn default_fault(fault: ParamFault) -> RuleFault {
    let kind = match fault.kind {
        ParamFaultKind::Unknown => RuleFaultKind::Unknown,
        ParamFaultKind::Type => RuleFaultKind::Type,
        ParamFaultKind::Range => RuleFaultKind::Range,
    };
    let pointer = fault::member(&fault::member("/params", &fault.name), "default");
    RuleFault { pointer, kind, detail: fault.detail }
}

impl Serialize for RuleSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.definition().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for RuleSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let definition = Value::deserialize(deserializer)?;
        Self::parse(&definition).map_err(|faults| {
            let first = faults.into_iter().next().map(|fault| fault.to_string());
            serde::de::Error::custom(first.unwrap_or_default())
        })
    }
}
