//! The memory that a run of ten million bars takes beside the columns that it reads, by the
//! kernel's own count. Linux only.
//!
//! `cargo bench -p tapedeck-engine --bench memory`

#[path = "../tests/support/mod.rs"]
#[expect(dead_code, reason = "shared with the tests")]
mod support;

use tapedeck_engine::{Unattended, simulate, synthetic};

const BARS: usize = 10_000_000;
/// Bytes of a bar: time, open, high, low, close, volume.
const BAR: usize = 6 * 8;

/// A line of the kernel's account of this process, in bytes.
fn account(key: &str) -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(key)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 1024
}

#[expect(clippy::print_stdout, reason = "what a bench is for")]
fn main() {
    let start = "2000-01-01".parse().unwrap();
    let bars = synthetic::random_walk(BARS, 42, start, 60_000_000_000).unwrap();
    // The high-water mark of making the bars is not that of the run.
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    let spec = support::spec(20, 50, 0.001);
    let report = simulate(bars.view().into(), &spec, &mut Unattended).unwrap();
    let (peak, columns) = (account("VmHWM"), BARS * BAR);
    println!(
        "{BARS} bars, {} trades: peak {} MiB, columns {} MiB, ratio {:.2}",
        report.trades.len(),
        peak >> 20,
        columns >> 20,
        peak as f64 / columns as f64
    );
    assert!(peak <= 3 * columns, "more than three times the columns");
}
