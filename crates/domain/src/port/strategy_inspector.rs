use crate::bars::BarView;
use crate::rules::Explanation;
use crate::spec::Specification;

/// Looks into the rules of a strategy.
pub trait StrategyInspector: Send + Sync {
    /// What the strategy of `spec` saw at the close of `bar`, which counts from the first of
    /// `bars`, the bars of the range; `None` where its rules cannot be looked into.
    fn explain(&self, spec: &Specification, bars: BarView<'_>, bar: usize) -> Option<Explanation>;
}
