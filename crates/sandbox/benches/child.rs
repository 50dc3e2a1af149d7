//! What a process of its own costs a run: a small one and one over a million bars, beside the same in
//! this process; with a process that waits, and with one that has to be started first.
//!
//! `cargo bench -p tapedeck-sandbox --bench child` runs them in turns and prints the ratio of their
//! medians.

#[path = "../../engine/benches/support/side_by_side.rs"]
mod side_by_side;
#[path = "../tests/support/mod.rs"]
mod support;

use support::{NO_LIMITS, World, options};
use tapedeck_domain::port::BacktestRunner;
use tapedeck_sandbox::InProcessRunner;
use tokio::runtime::Runtime;

const SMALL: usize = 1_000;
const LARGE: usize = 1_000_000;

fn main() {
    let runtime = Runtime::new().unwrap();
    for bars in [SMALL, LARGE] {
        let world = runtime.block_on(World::of(bars));
        let _entered = runtime.enter();
        let in_process = InProcessRunner::new(world.datasets.clone());
        let (waiting, starting) = (world.runner(options(2)), world.runner(options(0)));
        let run = |runner: &dyn BacktestRunner| {
            let ran = runtime.block_on(runner.run(world.request(NO_LIMITS))).unwrap();
            assert!(ran.report.is_complete() && ran.report.bars_done == bars);
        };
        side_by_side::compare(
            &format!("{bars} bars"),
            &mut || run(&in_process),
            &mut [
                ("a process that waits", &mut || run(&waiting)),
                ("a process to be started", &mut || run(&starting)),
            ],
        );
    }
}
