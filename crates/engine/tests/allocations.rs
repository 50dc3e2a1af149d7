//! A run allocates for its results and for what it prepares, never for a bar.

#[expect(dead_code, reason = "shared with other tests")]
mod support;

use std::alloc::System;

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use support::spec;
use tapedeck_domain::bars::{BarView, Bars};
use tapedeck_domain::rules::RuleSet;
use tapedeck_domain::spec::Specification;
use tapedeck_domain::strategy::built_ins;
use tapedeck_engine::{Unattended, simulate, synthetic};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn allocations(bars: BarView<'_>, spec: &Specification) -> usize {
    let region = Region::new(ALLOCATOR);
    let report = simulate(bars.into(), spec, &mut Unattended).unwrap();
    let change = region.change();
    drop(report);
    change.allocations + change.reallocations
}

/// Each strategy over a short and a long series: ten times the bars may only let vectors grow
/// oftener, and each block of 1,024 bars may take a handful: its hash, the views of its columns.
#[test]
fn ten_times_the_bars_take_no_more_allocations_but_those_of_blocks() {
    let start = "2020-01-01".parse().unwrap();
    let bars: Bars = synthetic::random_walk(400_000, 42, start, 60_000_000_000).unwrap();
    let (short, long) = (bars.view().first(40_000), bars.view());
    let mut specs: Vec<Specification> = built_ins()
        .into_iter()
        .map(|strategy| {
            let mut spec = spec(20, 50, 0.001);
            spec.params = strategy.params(&Default::default()).unwrap();
            spec.strategy = strategy.reference;
            spec
        })
        .collect();
    let mut rules = spec(20, 50, 0.001);
    let definition = &support::oracle("rules/r1_trend_pullback_AAPL.json")["rules"];
    let parsed = RuleSet::parse(definition).unwrap();
    rules.params = parsed.defaults();
    rules.rules = Some(parsed);
    specs.push(rules);
    for spec in specs {
        let (few, many) = (allocations(short, &spec), allocations(long, &spec));
        let blocks = (long.len() - short.len()) / 1_024;
        let growth = 60;
        assert!(many <= few + 5 * blocks + growth, "{}: {few}, then {many}", spec.strategy.id);
    }
}
