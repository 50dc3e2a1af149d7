//! Check rules without storing them.

use std::collections::BTreeMap;

use serde_json::Value;
use tapedeck_domain::rules::{RuleFault, RuleSet};
use tapedeck_domain::strategy::Strategy;

use super::{Strategies, warnings};
use crate::prepare::param_fault;
use crate::request::FieldFault;

/// What was found out about rules.
#[derive(Debug, Clone, PartialEq)]
pub enum RulesCheck {
    /// They can be stored and run.
    Valid {
        /// As a strategy without a name.
        strategy: Box<Strategy>,
        /// In words, with the values of the parameters.
        summary: String,
        /// What the author may not have meant.
        warnings: Vec<RulesWarning>,
    },
    /// They cannot; every fault is listed.
    Invalid(Vec<FieldFault>),
}

/// Something that is allowed, and that the author may not have meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RulesWarning {
    /// JSON pointer into the definition.
    pub pointer: String,
    /// For programs.
    pub code: &'static str,
    /// The same in a sentence.
    pub detail: String,
}

impl Strategies {
    /// Whether rules could be stored and run with these parameters. Changes nothing.
    pub fn check(definition: &Value, given: &BTreeMap<String, f64>) -> RulesCheck {
        let rules = match RuleSet::parse(definition) {
            Ok(rules) => rules,
            Err(faults) => return RulesCheck::Invalid(rule_faults(faults)),
        };
        let strategy = Box::new(Strategy::inline(rules));
        match strategy.params(given) {
            Err(faults) => RulesCheck::Invalid(faults.into_iter().map(param_fault).collect()),
            Ok(params) => RulesCheck::Valid {
                summary: strategy.summary(&params),
                warnings: warnings::of(definition),
                strategy,
            },
        }
    }
}

/// Where they are in a request that has the rules as its `definition`.
pub(super) fn rule_faults(faults: Vec<RuleFault>) -> Vec<FieldFault> {
    faults.into_iter().map(|fault| FieldFault::of_rules("/definition", fault)).collect()
}
