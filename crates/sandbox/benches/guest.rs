//! What a guest costs: the crossover of the kit, one bar and many bars a call, beside the built-in
//! one over a million generated bars; and how long it takes to compile it and to load it compiled.
//!
//! `cargo bench -p tapedeck-sandbox --bench guest` runs them in turns and prints the ratio of their
//! medians: on a shared machine nothing else means much. It needs clang with `wasm-ld`.

#[path = "../../engine/benches/support/side_by_side.rs"]
mod side_by_side;

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use tapedeck_domain::bars::Bars;
use tapedeck_domain::job::Limits;
use tapedeck_domain::spec::Specification;
use tapedeck_domain::time::{DAY_NS, Timestamp};
use tapedeck_engine::{Unattended, simulate, synthetic};
use tapedeck_sandbox::guest::{Guest, compile};
use tapedeck_testkit::builders;

const BARS: usize = 1_000_000;
const LIMITS: Limits = Limits::of_time_and_memory(600_000, 512);

/// The C example of a name.
#[expect(clippy::disallowed_methods, reason = "clang is a program")]
fn example(name: &str) -> Vec<u8> {
    let kit = Path::new(env!("CARGO_MANIFEST_DIR")).join("guests/c");
    let built = tempfile::tempdir().unwrap();
    let out = built.path().join("strategy.wasm");
    let built = |clang: &str| {
        let mut command = Command::new(clang);
        command.args(["--target=wasm32", "-O2", "-nostdlib", "-Wl,--no-entry", "-o"]);
        command.arg(&out).arg(kit.join(format!("{name}.c")));
        command.status().is_ok_and(|status| status.success())
    };
    assert!(["clang-14", "clang"].into_iter().any(built), "clang builds {name}");
    std::fs::read(&out).unwrap()
}

fn specification() -> Specification {
    let mut spec = builders::specification(1);
    (spec.from, spec.to) = (Timestamp::from_nanos(i64::MIN), Timestamp::from_nanos(i64::MAX));
    let given = [("fast".to_owned(), 20.0), ("slow".to_owned(), 50.0)].into_iter().collect();
    spec.params = tapedeck_domain::strategy::built_ins()[0].params(&given).unwrap();
    spec
}

fn run(guest: &Guest, bars: &Bars, spec: &Specification) -> usize {
    let market = bars.view().into();
    let ran = guest.simulate(market, spec, &LIMITS, &Arc::default(), &mut Unattended);
    let (report, broke_off) = ran.unwrap();
    assert_eq!(broke_off, None);
    report.trades.len()
}

fn main() {
    let bars = synthetic::random_walk(BARS, 7, builders::day(0), DAY_NS / 1_440).unwrap();
    let spec = specification();
    let modules = [example("sma_crossover"), example("sma_crossover_batch")];
    let artifacts = modules.each_ref().map(|module| compile(module).unwrap().artifact);
    let [single, batch] = artifacts.each_ref().map(|artifact| Guest::load(artifact).unwrap());
    let built_in = || simulate(bars.view().into(), &spec, &mut Unattended).unwrap().trades.len();
    let trades = built_in();
    side_by_side::compare(
        "a million bars",
        &mut || assert_eq!(built_in(), trades),
        &mut [
            ("guest, one bar a call", &mut || assert_eq!(run(&single, &bars, &spec), trades)),
            ("guest, 1,024 a call", &mut || assert_eq!(run(&batch, &bars, &spec), trades)),
        ],
    );
    side_by_side::compare(
        "to make a guest ready",
        &mut || drop(Guest::load(&artifacts[0]).unwrap()),
        &mut [("compile, start, load", &mut || drop(compile(&modules[0]).unwrap()))],
    );
}
