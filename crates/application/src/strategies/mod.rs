//! Strategies: those that came with the server and those that users stored.

mod check;
mod error;
mod find;
mod warnings;
mod write;

use std::sync::Arc;

use tapedeck_domain::port::{Clock, StorageError, StrategyCatalog, StrategyStore};
use tapedeck_domain::rules::RuleSet;
use tapedeck_domain::stored_strategy::StoredStrategy;
use tapedeck_domain::strategy::Strategy;

pub use check::{RulesCheck, RulesWarning};
pub use error::{StrategyConflict, StrategyError};
pub use find::StrategyViews;
pub use write::{ExpectedVersion, Updated};

/// Strategies: those that came with the server and those that users stored.
#[derive(Clone)]
pub struct Strategies {
    catalog: Arc<dyn StrategyCatalog>,
    store: Arc<dyn StrategyStore>,
    clock: Arc<dyn Clock>,
}

/// A version of a strategy, to be shown.
#[derive(Debug, Clone, PartialEq)]
pub struct StrategyView {
    /// What it is called, does and takes.
    pub strategy: Strategy,
    /// What was stored; `None` when it came with the server.
    pub stored: Option<StoredStrategy>,
}

impl Strategies {
    /// Over these ports.
    pub fn new(
        catalog: Arc<dyn StrategyCatalog>,
        store: Arc<dyn StrategyStore>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { catalog, store, clock }
    }

    /// The version of the results that the engine computes.
    pub fn engine_version(&self) -> &'static str {
        self.catalog.engine_version()
    }
}

impl StrategyView {
    fn built_in(strategy: Strategy) -> Self {
        Self { strategy, stored: None }
    }

    /// Rules that were valid when they were stored stay valid: every build reads what those
    /// before it wrote.
    fn stored(stored: StoredStrategy) -> Result<Self, StorageError> {
        let rules = RuleSet::parse(&stored.definition).map_err(|faults| {
            let reference = &stored.reference;
            let first = faults.into_iter().next().map(|fault| fault.to_string());
            let first = first.unwrap_or_default();
            StorageError::corrupt(format!(
                "rules of {} {}: {first}",
                reference.id, reference.version
            ))
        })?;
        let (name, description) = (stored.name.clone(), stored.description.clone());
        let strategy = Strategy::of_rules(stored.reference.clone(), name, description, rules);
        Ok(Self { strategy, stored: Some(stored) })
    }
}
