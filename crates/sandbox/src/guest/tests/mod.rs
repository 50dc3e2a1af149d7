//! Real modules, run by the real engine.

mod batch;
mod endless;
mod kits;
mod mutants;
mod orders;
mod refusals;
mod traps;
mod wat;

use std::sync::Arc;

use tapedeck_domain::bars::Bars;
use tapedeck_domain::job::Limits;
use tapedeck_domain::port::{BrokeOff, RunControl, RunError};
use tapedeck_domain::report::Report;
use tapedeck_domain::spec::Specification;
use tapedeck_domain::strategy::Params;
use tapedeck_domain::time::{DAY_NS, Timestamp};
use tapedeck_engine::{Unattended, synthetic};
use tapedeck_testkit::builders;

use super::{Guest, compile};
use wat::Wat;

const LIMITS: Limits = Limits::of_time_and_memory(60_000, 64);

fn bars(n: usize) -> Bars {
    synthetic::random_walk(n, 7, builders::day(0), DAY_NS).unwrap()
}

/// Over all bars, without parameters.
fn spec() -> Specification {
    let mut spec = builders::specification(1);
    (spec.from, spec.to) = (Timestamp::from_nanos(i64::MIN), Timestamp::from_nanos(i64::MAX));
    spec.params = Params::default();
    spec
}

type Outcome = Result<(Report, Option<BrokeOff>), RunError>;

/// Compiles and runs a module.
fn run(module: &[u8], bars: &Bars, spec: &Specification) -> Outcome {
    run_with(module, bars, spec, &LIMITS, &Arc::default())
}

fn run_with(
    module: &[u8],
    bars: &Bars,
    spec: &Specification,
    limits: &Limits,
    stop: &Arc<RunControl>,
) -> Outcome {
    let compiled = compile(module).unwrap();
    let guest = Guest::load(&compiled.artifact).unwrap();
    guest.simulate(bars.view().into(), spec, limits, stop, &mut Unattended)
}

/// What a module is, over 100 bars, broken off by.
fn fault(module: &Wat<'_>) -> String {
    match run(&module.bytes(), &bars(100), &spec()) {
        Ok((_, Some(BrokeOff::Strategy(what)))) | Err(RunError::Strategy(what)) => what,
        other => panic!("{other:?}"),
    }
}

/// Why a module is not accepted.
fn refusal(module: &[u8]) -> String {
    compile(module).unwrap_err()
}
