//! Indicators that many combinations name, each computed once over all bars.

use std::collections::BTreeMap;

use tapedeck_domain::bars::BarView;
use tapedeck_domain::indicator::Indicator;

use crate::indicator::columns;
use crate::program::Program;

/// Bytes that the columns may take; combinations that need more compute their own.
const MOST_BYTES: usize = 512 << 20;

/// Columns by indicator.
pub(super) struct SharedColumns(BTreeMap<String, Vec<Vec<f64>>>);

impl SharedColumns {
    /// Those of the indicators that programs need, as many as there is room for.
    pub(super) fn of(programs: impl Iterator<Item = Program>, bars: BarView<'_>) -> Self {
        Self::within(MOST_BYTES, programs, bars)
    }

    fn within(most: usize, programs: impl Iterator<Item = Program>, bars: BarView<'_>) -> Self {
        let (mut shared, mut bytes) = (BTreeMap::new(), 0);
        for program in programs {
            for indicator in program.indicators() {
                let size = indicator.outputs().len() * size_of_val(bars.close);
                if bytes + size <= most {
                    shared.entry(key(indicator)).or_insert_with(|| {
                        bytes += size;
                        columns(indicator, bars)
                    });
                }
            }
        }
        Self(shared)
    }

    /// The columns that a program needs, in its order, if all of them are here.
    pub(super) fn all_of(&self, program: &Program) -> Option<Vec<&[f64]>> {
        let mut all = Vec::new();
        for indicator in program.indicators() {
            all.extend(self.0.get(&key(indicator))?.iter().map(Vec::as_slice));
        }
        Some(all)
    }
}

/// Equal indicators have equal texts, and others have others: numbers are written whole.
fn key(indicator: &Indicator) -> String {
    format!("{indicator:?}")
}

#[cfg(test)]
mod tests {
    use tapedeck_domain::rules::RuleSet;
    use tapedeck_domain::strategy::{ParamValue, Params, built_ins};
    use tapedeck_domain::time::Timestamp;

    use super::*;
    use crate::synthetic;

    fn crossovers() -> Vec<Program> {
        let all = built_ins();
        let crossover = all.iter().find(|s| s.reference.id.as_str() == "sma_crossover").unwrap();
        let rules: &RuleSet = crossover.rules.as_ref().unwrap();
        let lengths = [(2, 5), (2, 7), (3, 5), (3, 7)];
        let program = |(fast, slow): (i64, i64)| {
            let params = [("fast", fast), ("slow", slow)];
            let params: Params = params
                .into_iter()
                .map(|(name, length)| (name.to_owned(), ParamValue::Integer(length)))
                .collect();
            Program::compile(&rules.resolve(&params).unwrap())
        };
        lengths.into_iter().map(program).collect()
    }

    #[test]
    fn each_indicator_is_computed_once() {
        let bars = synthetic::random_walk(100, 1, Timestamp::from_nanos(0), 1_000_000_000).unwrap();
        let shared = SharedColumns::of(crossovers().into_iter(), bars.view());
        assert_eq!(shared.0.len(), 4, "2, 3, 5 and 7");
        assert!(crossovers().iter().all(|program| shared.all_of(program).unwrap().len() == 2));
    }

    #[test]
    fn there_is_an_end_to_the_memory_that_they_take() {
        let bars = synthetic::random_walk(100, 1, Timestamp::from_nanos(0), 1_000_000_000).unwrap();
        let shared = SharedColumns::within(2 * 800, crossovers().into_iter(), bars.view());
        assert_eq!(shared.0.len(), 2);
        let sharing =
            crossovers().iter().filter(|program| shared.all_of(program).is_some()).count();
        assert_eq!(sharing, 1, "the first, whose columns there was room for");
    }
}
