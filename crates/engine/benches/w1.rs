//! W1: a 20/50 crossover of one unit over a million bars at 10 bps, with orders, trades and the
//! equity curve, beside a loop as one would write it in C, in the same run.
//!
//! `cargo bench -p tapedeck-engine` prints both times; what counts is their ratio.

#[path = "../tests/support/mod.rs"]
#[expect(dead_code, reason = "shared with the tests")]
mod support;

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tapedeck_domain::bars::{BarView, Bars};
use tapedeck_domain::number::{Capital, Quantity};
use tapedeck_domain::spec::{Sizing, Specification};
use tapedeck_domain::time::Timestamp;
use tapedeck_engine::{Unattended, simulate, synthetic};

const BARS: usize = 1_000_000;

fn specification() -> Specification {
    let mut spec = support::spec(20, 50, 0.001);
    spec.capital = Capital::try_from(1_000_000.0).unwrap();
    spec.sizing = Sizing::FixedQuantity { value: Quantity::try_from(1.0).unwrap() };
    spec
}

/// What the reference loop leaves behind.
struct Outcome {
    trades: Vec<(usize, usize, f64)>,
    equity: Vec<f64>,
}

/// The same strategy with running sums and nothing else.
fn reference_loop(bars: BarView<'_>) -> Outcome {
    let (close, open, n) = (bars.close, bars.open, bars.len());
    let mut out = Outcome { trades: Vec::new(), equity: vec![0.0; n] };
    let (mut fast, mut slow, mut cash, mut entry) = (0.0, 0.0, 1_000_000.0, None);
    let (mut last, mut pending) = (0_i8, 0_i8);
    for i in 0..n {
        if pending > 0 {
            cash -= open[i] * 1.001;
            entry = Some((i, open[i]));
        } else if pending < 0
            && let Some((bar, price)) = entry.take()
        {
            cash += open[i] * 0.999;
            out.trades.push((bar, i, open[i] - price - 0.001 * (open[i] + price)));
        }
        pending = 0;
        out.equity[i] = if entry.is_some() { cash + close[i] } else { cash };
        fast += close[i];
        slow += close[i];
        if i >= 20 {
            fast -= close[i - 20];
        }
        if i >= 50 {
            slow -= close[i - 50];
        }
        if i >= 49 {
            let (a, b): (f64, f64) = (fast / 20.0, slow / 50.0);
            let tie = (a - b).abs() <= 1e-11 * a.abs().max(b.abs());
            let sign = if tie {
                0
            } else if a > b {
                1
            } else {
                -1
            };
            if sign != 0 {
                if sign > 0 && last < 0 && entry.is_none() {
                    pending = 1;
                } else if sign < 0 && last > 0 && entry.is_some() {
                    pending = -1;
                }
                last = sign;
            }
        }
    }
    out
}

fn w1(c: &mut Criterion) {
    let bars: Bars =
        synthetic::random_walk(BARS, 42, Timestamp::from_nanos(0), 60_000_000_000).unwrap();
    let spec = specification();
    let report = simulate(bars.view().into(), &spec, &mut Unattended).unwrap();
    let reference = reference_loop(bars.view());
    assert_eq!(report.trades.len(), reference.trades.len(), "both loops trade alike");
    assert_eq!(reference.equity.len(), BARS);
    let mut group = c.benchmark_group("w1");
    group.throughput(Throughput::Elements(BARS as u64)).sample_size(20);
    group.bench_function("reference_loop", |b| b.iter(|| reference_loop(black_box(bars.view()))));
    group.bench_function("engine", |b| {
        b.iter(|| simulate(black_box(bars.view()).into(), &spec, &mut Unattended));
    });
    group.finish();
}

criterion_group!(benches, w1);
criterion_main!(benches);
