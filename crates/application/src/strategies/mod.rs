//! Strategies: those that came with the server and those that users stored.

mod check;
mod error;
mod find;
mod guest;
mod warnings;
mod write;

use std::sync::Arc;

use tapedeck_domain::guest::GuestDefinition;
use tapedeck_domain::port::{
    Clock, ModuleInspector, ModuleStore, StorageError, StrategyCatalog, StrategyStore,
};
use tapedeck_domain::rules::RuleSet;
use tapedeck_domain::stored_strategy::StoredStrategy;
use tapedeck_domain::strategy::{Strategy, StrategyKind};

pub use check::{RulesCheck, RulesWarning};
pub use error::{StrategyConflict, StrategyError};
pub use find::StrategyViews;
pub use guest::GuestUpload;
pub use write::{ExpectedVersion, Updated};

/// Strategies: those that came with the server and those that users stored.
#[derive(Clone)]
pub struct Strategies {
    catalog: Arc<dyn StrategyCatalog>,
    store: Arc<dyn StrategyStore>,
    modules: Arc<dyn ModuleStore>,
    inspector: Arc<dyn ModuleInspector>,
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
        modules: Arc<dyn ModuleStore>,
        inspector: Arc<dyn ModuleInspector>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { catalog, store, modules, inspector, clock }
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

    /// Definitions that were valid when they were stored stay valid: every build reads what those
    /// before it wrote.
    fn stored(stored: StoredStrategy) -> Result<Self, StorageError> {
        let strategy = match stored.kind {
            StrategyKind::Rules => of_rules(&stored),
            StrategyKind::Guest => of_guest(&stored),
            StrategyKind::BuiltIn => Err("it came with the server".to_owned()),
        };
        let strategy = strategy.map_err(|what| {
            let reference = &stored.reference;
            let place = format!("definition of {} {}", reference.id, reference.version);
            StorageError::corrupt(format!("{place}: {what}"))
        })?;
        Ok(Self { strategy, stored: Some(stored) })
    }
}

fn of_rules(stored: &StoredStrategy) -> Result<Strategy, String> {
    let rules = RuleSet::parse(&stored.definition).map_err(|faults| {
        let first = faults.into_iter().next().map(|fault| fault.to_string());
        first.unwrap_or_default()
    })?;
    let (name, description) = (stored.name.clone(), stored.description.clone());
    Ok(Strategy::of_rules(stored.reference.clone(), name, description, rules))
}

fn of_guest(stored: &StoredStrategy) -> Result<Strategy, String> {
    let definition = GuestDefinition::read(&stored.definition).map_err(|why| why.to_string())?;
    let (name, description) = (stored.name.clone(), stored.description.clone());
    Ok(Strategy::of_guest(stored.reference.clone(), name, description, &definition))
}
