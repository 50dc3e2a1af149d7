use crate::id::StrategyId;
use crate::strategy::Strategy;

/// The strategies that can be run.
pub trait StrategyCatalog: Send + Sync {
    /// All of them, in the order in which they are shown.
    fn list(&self) -> Vec<Strategy>;

    /// The latest version of one; `None` when there is none of this name.
    fn find(&self, id: &StrategyId) -> Option<Strategy>;

    /// The version of the results that the engine computes; part of every input hash.
    fn engine_version(&self) -> &'static str;
}
