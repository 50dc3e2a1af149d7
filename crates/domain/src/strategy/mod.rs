//! Strategies as the catalog describes them: what they are called, what they do, what they take.

mod built_in;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::guest::{GuestDefinition, ModuleRef};
use crate::id::StrategyId;
use crate::rules::RuleSet;

pub use built_in::{BUY_AND_HOLD, built_ins};

/// One version of a strategy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StrategyRef {
    /// Its name.
    pub id: StrategyId,
    /// Counts from 1.
    pub version: u32,
}

/// What the catalog says of a strategy.
#[derive(Debug, Clone, PartialEq)]
pub struct Strategy {
    /// Its name and version.
    pub reference: StrategyRef,
    /// Where it comes from.
    pub kind: StrategyKind,
    /// A name for people.
    pub name: String,
    /// What it does, in a sentence.
    pub description: String,
    /// Its parameters, in the order in which they are shown.
    pub params: Vec<ParamSchema>,
    /// Pairs of parameters of which the first must be below the second.
    pub ordered: Vec<(String, String)>,
    /// The rules in words; `{name}` stands for the value of a parameter. Empty when the rule set
    /// speaks for itself.
    pub summary: String,
    /// The rule set that it is; `None` when it is code.
    pub rules: Option<RuleSet>,
    /// The module that it is; `None` when it is none.
    pub guest: Option<ModuleRef>,
}

/// The name that the rules of a request go by; no stored strategy has it.
pub const INLINE: &str = "inline";

/// Where a strategy comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StrategyKind {
    /// It came with the server.
    BuiltIn,
    /// A rule set that a user stored, or sent with a run.
    Rules,
    /// A WebAssembly module that a user stored.
    Guest,
}

impl StrategyKind {
    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BuiltIn => "builtin",
            Self::Rules => "rules",
            Self::Guest => "guest",
        }
    }
}

/// One parameter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ParamSchema {
    /// Its name.
    pub name: String,
    /// Whole numbers only, or any.
    pub kind: ParamKind,
    /// Least value.
    pub min: f64,
    /// Largest value.
    pub max: f64,
    /// A sensible step for a search.
    pub step: f64,
    /// The value when nothing is said.
    pub default: f64,
    /// What it is.
    pub description: String,
}

/// Whole numbers only, or any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ParamKind {
    /// Whole numbers.
    Integer,
    /// Any finite number.
    Number,
}

impl ParamKind {
    /// Its name in a schema.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Integer => "integer",
            Self::Number => "number",
        }
    }

    /// A value of this kind.
    pub fn value(self, number: f64) -> ParamValue {
        match self {
            Self::Integer => ParamValue::Integer(number as i64),
            Self::Number => ParamValue::Number(number),
        }
    }
}

/// The value of every parameter of a strategy.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Params(BTreeMap<String, ParamValue>);

/// A value; whole numbers stay whole, so that equal parameters are written alike.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ParamValue {
    /// Of an integer parameter.
    Integer(i64),
    /// Of a number parameter.
    Number(f64),
}

impl ParamValue {
    /// As a number.
    pub fn as_f64(self) -> f64 {
        match self {
            Self::Integer(whole) => whole as f64,
            Self::Number(number) => number,
        }
    }
}

/// A parameter that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct ParamFault {
    /// Its name.
    pub name: String,
    /// What is wrong with it.
    pub kind: ParamFaultKind,
    /// The same in a sentence.
    pub detail: String,
}

/// What is wrong with a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParamFaultKind {
    /// The strategy has none of this name.
    Unknown,
    /// It must be a whole number.
    Type,
    /// It is outside its range, or not below the parameter that it must be below.
    Range,
}

impl From<BTreeMap<String, ParamValue>> for Params {
    fn from(values: BTreeMap<String, ParamValue>) -> Self {
        Self(values)
    }
}

impl Params {
    /// The value of a parameter.
    pub fn get(&self, name: &str) -> Option<ParamValue> {
        self.0.get(name).copied()
    }

    /// These values where there are any, and the others as they are.
    #[must_use]
    pub fn with(&self, values: &Self) -> Self {
        let mut all = self.0.clone();
        all.extend(values.0.iter().map(|(name, value)| (name.clone(), *value)));
        Self(all)
    }

    /// Those whose names `is_kept` accepts.
    #[must_use]
    pub fn only(&self, is_kept: impl Fn(&str) -> bool) -> Self {
        self.iter().filter(|(name, _)| is_kept(name)).map(|(n, v)| (n.to_owned(), v)).collect()
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, ParamValue)> {
        self.0.iter().map(|(name, value)| (name.as_str(), *value))
    }
}

impl FromIterator<(String, ParamValue)> for Params {
    fn from_iter<I: IntoIterator<Item = (String, ParamValue)>>(values: I) -> Self {
        Self(values.into_iter().collect())
    }
}

impl Strategy {
    /// A strategy that is a rule set.
    pub fn of_rules(
        reference: StrategyRef,
        name: String,
        description: String,
        rules: RuleSet,
    ) -> Self {
        Self {
            reference,
            kind: StrategyKind::Rules,
            name,
            description,
            params: rules.params().to_vec(),
            ordered: Vec::new(),
            summary: String::new(),
            rules: Some(rules),
            guest: None,
        }
    }

    /// A strategy that is a module.
    pub fn of_guest(
        reference: StrategyRef,
        name: String,
        description: String,
        definition: &GuestDefinition,
    ) -> Self {
        Self {
            reference,
            kind: StrategyKind::Guest,
            name,
            description,
            params: definition.params.clone(),
            ordered: Vec::new(),
            summary: definition.summary(),
            rules: None,
            guest: Some(definition.module()),
        }
    }

    /// The rules of a request, which have no name of their own.
    pub fn inline(rules: RuleSet) -> Self {
        let reference = StrategyRef { id: StrategyId::inline(), version: 1 };
        Self::of_rules(reference, "Inline rules".to_owned(), String::new(), rules)
    }

    /// Completes what was given with defaults and checks it.
    ///
    /// # Errors
    /// Every parameter that cannot be used.
    pub fn params(&self, given: &BTreeMap<String, f64>) -> Result<Params, Vec<ParamFault>> {
        let params = self.values(given)?;
        let mut faults: Vec<_> =
            self.ordered.iter().filter_map(|pair| disordered(&params.0, pair)).collect();
        if let (true, Some(rules)) = (faults.is_empty(), &self.rules) {
            faults.extend(rules.resolve(&params).err().unwrap_or_default());
        }
        if faults.is_empty() { Ok(params) } else { Err(faults) }
    }

    /// The same, without looking at whether the values fit each other.
    ///
    /// # Errors
    /// Every parameter that cannot be used.
    pub fn values(&self, given: &BTreeMap<String, f64>) -> Result<Params, Vec<ParamFault>> {
        let mut faults: Vec<ParamFault> =
            given.keys().filter_map(|name| self.unknown(name)).collect();
        let mut params = BTreeMap::new();
        for schema in &self.params {
            match schema.value(given.get(&schema.name).copied()) {
                Ok(value) => drop(params.insert(schema.name.clone(), value)),
                Err(fault) => faults.push(fault),
            }
        }
        if faults.is_empty() { Ok(Params(params)) } else { Err(faults) }
    }

    /// The rules in words, with the values of the parameters.
    pub fn summary(&self, params: &Params) -> String {
        if let (true, Some(rules)) = (self.summary.is_empty(), &self.rules) {
            return rules.summary(params);
        }
        params.iter().fold(self.summary.clone(), |text, (name, value)| {
            text.replace(&format!("{{{name}}}"), &value.as_f64().to_string())
        })
    }

    fn unknown(&self, name: &str) -> Option<ParamFault> {
        let names: Vec<&str> = self.params.iter().map(|schema| schema.name.as_str()).collect();
        (!names.contains(&name)).then(|| ParamFault {
            name: name.to_owned(),
            kind: ParamFaultKind::Unknown,
            detail: match names.as_slice() {
                [] => "the strategy takes no parameters".to_owned(),
                names => format!("no such parameter; there are {}", names.join(", ")),
            },
        })
    }
}

fn disordered(
    params: &BTreeMap<String, ParamValue>,
    (low, high): &(String, String),
) -> Option<ParamFault> {
    let (a, b) = (params.get(low)?.as_f64(), params.get(high)?.as_f64());
    (a >= b).then(|| ParamFault {
        name: low.clone(),
        kind: ParamFaultKind::Range,
        detail: format!("`{low}` must be below `{high}`, and {a} is not below {b}"),
    })
}

impl ParamSchema {
    /// A value that was given, or the default, if the parameter can have it.
    ///
    /// # Errors
    /// It is of the wrong type or out of its range.
    pub fn value(&self, given: Option<f64>) -> Result<ParamValue, ParamFault> {
        let value = given.unwrap_or(self.default);
        let fault = |kind, detail| ParamFault { name: self.name.clone(), kind, detail };
        if self.kind == ParamKind::Integer && value.fract() != 0.0 {
            return Err(fault(ParamFaultKind::Type, "must be a whole number".to_owned()));
        }
        if !(self.min..=self.max).contains(&value) {
            let detail = format!("must be from {} to {}", self.min, self.max);
            return Err(fault(ParamFaultKind::Range, detail));
        }
        Ok(self.kind.value(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sma_crossover() -> Strategy {
        built_ins().remove(0)
    }

    fn given(pairs: &[(&str, f64)]) -> BTreeMap<String, f64> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect()
    }

    fn faults(pairs: &[(&str, f64)]) -> Vec<(String, ParamFaultKind)> {
        let faults = sma_crossover().params(&given(pairs)).unwrap_err();
        faults.into_iter().map(|fault| (fault.name, fault.kind)).collect()
    }

    #[test]
    fn defaults_complete_what_was_given() {
        let params = sma_crossover().params(&given(&[("fast", 10.0)])).unwrap();
        assert_eq!(params.get("fast"), Some(ParamValue::Integer(10)));
        assert_eq!(params.get("slow"), Some(ParamValue::Integer(50)));
    }

    #[test]
    fn every_fault_is_named() {
        let found = faults(&[("fast", 1.5), ("slow", 0.0), ("slwo", 1.0)]);
        let expected = [
            ("slwo".to_owned(), ParamFaultKind::Unknown),
            ("fast".to_owned(), ParamFaultKind::Type),
            ("slow".to_owned(), ParamFaultKind::Range),
        ];
        assert_eq!(found, expected);
        assert_eq!(faults(&[("fast", 50.0)]), [("fast".to_owned(), ParamFaultKind::Range)]);
        assert_eq!(faults(&[("fast", f64::NAN)]), [("fast".to_owned(), ParamFaultKind::Type)]);
    }

    #[test]
    fn the_summary_says_the_rules_with_their_numbers() {
        let strategy = sma_crossover();
        let summary = strategy.summary(&strategy.params(&given(&[])).unwrap());
        assert!(summary.starts_with("Enter when the 20-bar simple average"), "{summary}");
    }
}
