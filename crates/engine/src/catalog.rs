//! The strategies by name.

use std::sync::LazyLock;

use tapedeck_domain::bars::BarView;
use tapedeck_domain::id::StrategyId;
use tapedeck_domain::port::{StrategyCatalog, StrategyInspector};
use tapedeck_domain::report::Report;
use tapedeck_domain::rules::{Explanation, Resolved, RuleSet};
use tapedeck_domain::spec::Specification;
use tapedeck_domain::strategy::{BUY_AND_HOLD, Strategy, StrategyRef, built_ins};

use crate::program::{Program, explain};
use crate::strategy::{BuyAndHold, BySignals};
use crate::{Control, ENGINE_VERSION, Market, run_whole};

static BUILT_INS: LazyLock<Vec<Strategy>> = LazyLock::new(built_ins);

/// The built-in strategies.
#[derive(Debug, Clone, Copy, Default)]
pub struct BuiltIns;

impl StrategyCatalog for BuiltIns {
    fn list(&self) -> Vec<Strategy> {
        BUILT_INS.clone()
    }

    fn find(&self, id: &StrategyId) -> Option<Strategy> {
        BUILT_INS.iter().find(|strategy| strategy.reference.id == *id).cloned()
    }

    fn engine_version(&self) -> &'static str {
        ENGINE_VERSION
    }
}

impl StrategyInspector for BuiltIns {
    fn explain(&self, spec: &Specification, bars: BarView<'_>, bar: usize) -> Option<Explanation> {
        match rules(spec).ok()? {
            Rules::Resolved(rules) => Some(explain(bars, &rules, bar)),
            Rules::BuyAndHold => None,
        }
    }
}

/// The specification names a strategy, a version or parameters that this engine does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownStrategy(pub StrategyRef);

/// What a specification runs.
#[derive(Debug, Clone, PartialEq)]
pub enum Rules {
    /// A rule set with its numbers.
    Resolved(Resolved),
    /// In on the first bar, once, and never out.
    BuyAndHold,
}

/// The rules that `spec` names: its own definition, or a built-in one.
///
/// # Errors
/// When this engine does not have them: the specification was made by another version.
pub fn rules(spec: &Specification) -> Result<Rules, UnknownStrategy> {
    let unknown = || UnknownStrategy(spec.strategy.clone());
    let definition: &RuleSet = match &spec.rules {
        Some(own) => own,
        None => {
            let mut all = BUILT_INS.iter();
            let built_in = all.find(|strategy| strategy.reference == spec.strategy);
            match &built_in.ok_or_else(unknown)?.rules {
                Some(rules) => rules,
                None if spec.strategy.id.as_str() == BUY_AND_HOLD => return Ok(Rules::BuyAndHold),
                None => return Err(unknown()),
            }
        }
    };
    let resolved = definition.resolve(&spec.params).map_err(|_| unknown())?;
    Ok(Rules::Resolved(resolved.only(spec.direction)))
}

/// Runs the strategy that `spec` names over the bars of `market`.
///
/// # Errors
/// When this engine does not have it: the specification was made by another version.
pub fn simulate(
    market: Market<'_>,
    spec: &Specification,
    control: &mut dyn Control,
) -> Result<Report, UnknownStrategy> {
    Ok(match rules(spec)? {
        Rules::Resolved(rules) => {
            let program = Program::compile(&rules);
            let mut make = || BySignals::new(program.clone().streaming(), spec.direction);
            run_whole(market, spec, &mut make, control)
        }
        Rules::BuyAndHold => run_whole(market, spec, &mut || BuyAndHold, control),
    })
}
