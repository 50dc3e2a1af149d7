//! The strategies by name.

use tapedeck_domain::id::StrategyId;
use tapedeck_domain::port::StrategyCatalog;
use tapedeck_domain::report::Report;
use tapedeck_domain::spec::Specification;
use tapedeck_domain::strategy::{Params, Strategy, StrategyRef, built_ins};

use crate::strategy::SmaCrossover;
use crate::{Control, ENGINE_VERSION, Market, run_whole};

/// The built-in strategies.
pub struct BuiltIns {
    all: Vec<Strategy>,
}

impl Default for BuiltIns {
    fn default() -> Self {
        Self { all: built_ins() }
    }
}

impl StrategyCatalog for BuiltIns {
    fn list(&self) -> Vec<Strategy> {
        self.all.clone()
    }

    fn find(&self, id: &StrategyId) -> Option<Strategy> {
        self.all.iter().find(|strategy| strategy.reference.id == *id).cloned()
    }

    fn engine_version(&self) -> &'static str {
        ENGINE_VERSION
    }
}

/// The specification names a strategy, a version or parameters that this engine does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownStrategy(pub StrategyRef);

/// Runs the strategy that `spec` names over the bars of `market`.
///
/// # Errors
/// When this engine does not have it: the specification was made by another version.
pub fn simulate(
    market: Market<'_>,
    spec: &Specification,
    control: &mut dyn Control,
) -> Result<Report, UnknownStrategy> {
    let unknown = || UnknownStrategy(spec.strategy.clone());
    match (spec.strategy.id.as_str(), spec.strategy.version) {
        ("sma_crossover", 1) => {
            let fast = length(&spec.params, "fast").ok_or_else(unknown)?;
            let slow = length(&spec.params, "slow").ok_or_else(unknown)?;
            Ok(run_whole(market, spec, &mut || SmaCrossover::new(fast, slow), control))
        }
        _ => Err(unknown()),
    }
}

fn length(params: &Params, name: &str) -> Option<usize> {
    let value = params.get(name)?.as_f64();
    (value >= 1.0).then_some(value as usize)
}
