//! W2: 1,000 crossovers (fast 5 to 29, slow 35 to 191 in steps of 4) over 10,000 bars at 10 bps,
//! with all statistics of each, beside a loop as one would write it in C.
//!
//! `cargo bench -p tapedeck-engine --bench w2` runs them in turns and prints the ratio of their
//! medians.

#[path = "../tests/support/mod.rs"]
#[expect(dead_code, reason = "shared with the tests")]
mod support;

#[path = "support/side_by_side.rs"]
mod side_by_side;

use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering};

use tapedeck_domain::bars::{BarView, Bars};
use tapedeck_domain::number::{Capital, Quantity};
use tapedeck_domain::spec::{Sizing, Specification};
use tapedeck_domain::strategy::{ParamValue, Params};
use tapedeck_domain::sweep::{Combinations, RowOutcome, Search, SweepPlan};
use tapedeck_domain::time::Timestamp;
use tapedeck_engine::{Market, Sweep, Unattended, synthetic};

const BARS: usize = 10_000;

fn combinations() -> Combinations {
    let whole = |values: Vec<i64>| values.into_iter().map(ParamValue::Integer).collect();
    let plan = SweepPlan {
        parameters: [
            ("fast".to_owned(), whole((5..=29).collect())),
            ("slow".to_owned(), whole((35..=191).step_by(4).collect())),
        ]
        .into(),
        constraints: Vec::new(),
        ordered: Vec::new(),
        search: Search::Grid,
        objective: "sharpe".to_owned(),
        filters: Vec::new(),
        combinations: 1_000,
        excluded: Some(0),
    };
    plan.combinations(&Params::default(), 1_000).unwrap()
}

fn specification() -> Specification {
    let mut spec = support::spec(5, 35, 0.001);
    spec.capital = Capital::try_from(1_000_000.0).unwrap();
    spec.sizing = Sizing::FixedQuantity { value: Quantity::try_from(1.0).unwrap() };
    spec
}

/// One pair with running sums and nothing else: trades and the equity at the end.
fn reference_pair(bars: BarView<'_>, fast_length: usize, slow_length: usize) -> (usize, f64) {
    let (close, open, n) = (bars.close, bars.open, bars.len());
    let (mut fast, mut slow, mut cash) = (0.0, 0.0, 1_000_000.0);
    let (mut held, mut trades, mut last, mut pending) = (false, 0, 0_i8, 0_i8);
    for i in 0..n {
        if pending > 0 {
            cash -= open[i] * 1.001;
            held = true;
        } else if pending < 0 {
            cash += open[i] * 0.999;
            (held, trades) = (false, trades + 1);
        }
        pending = 0;
        fast += close[i];
        slow += close[i];
        if i >= fast_length {
            fast -= close[i - fast_length];
        }
        if i >= slow_length {
            slow -= close[i - slow_length];
        }
        if i + 1 >= slow_length {
            let (a, b): (f64, f64) = (fast / fast_length as f64, slow / slow_length as f64);
            let tie = (a - b).abs() <= 1e-11 * a.abs().max(b.abs());
            let sign = if tie {
                0
            } else if a > b {
                1
            } else {
                -1
            };
            if sign != 0 {
                if sign > 0 && last < 0 && !held {
                    pending = 1;
                } else if sign < 0 && last > 0 && held {
                    pending = -1;
                }
                last = sign;
            }
        }
    }
    (trades, if held { cash + close[n - 1] } else { cash })
}

fn reference(bars: BarView<'_>) -> Vec<(usize, f64)> {
    let pairs = (5..=29).flat_map(|fast| (35..=191).step_by(4).map(move |slow| (fast, slow)));
    pairs.map(|(fast, slow)| reference_pair(bars, fast, slow)).collect()
}

fn run(sweep: &Sweep<'_>, combinations: &Combinations, i: usize) -> (usize, f64) {
    let outcome = sweep.run(&combinations.swept(i), &mut Unattended).unwrap();
    let RowOutcome::Figures(figures) = outcome else { panic!("{outcome:?}") };
    let value = |key| figures.value(key).unwrap();
    (value("trades") as usize, value("end_equity"))
}

/// All combinations on so many threads, with what they share.
fn engine(bars: BarView<'_>, threads: usize) -> Vec<(usize, f64)> {
    let (combinations, spec) = (combinations(), specification());
    let sweep = Sweep::new(Market::from(bars), &spec, &combinations);
    let next = AtomicUsize::new(0);
    let work = || {
        let mut rows = Vec::new();
        loop {
            let i = next.fetch_add(1, Ordering::Relaxed);
            if i >= combinations.len() {
                return rows;
            }
            rows.push((i, run(&sweep, &combinations, i)));
        }
    };
    let mut rows: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    rows.sort_unstable_by_key(|(i, _)| *i);
    rows.into_iter().map(|(_, row)| row).collect()
}

fn main() {
    let minute = 60_000_000_000;
    let bars: Bars = synthetic::random_walk(BARS, 42, Timestamp::from_nanos(0), minute).unwrap();
    for (row, expected) in engine(bars.view(), 1).iter().zip(reference(bars.view())) {
        assert_eq!(row.0, expected.0, "both loops trade alike");
        assert!((row.1 - expected.1).abs() < 1e-6, "and end alike: {row:?}, {expected:?}");
    }
    let mut subjects: [(&str, &mut dyn FnMut()); 2] = [
        ("one thread", &mut || drop(black_box(engine(black_box(bars.view()), 1)))),
        ("two threads", &mut || drop(black_box(engine(black_box(bars.view()), 2)))),
    ];
    let mut reference = || drop(black_box(reference(black_box(bars.view()))));
    side_by_side::compare("W2", &mut reference, &mut subjects);
}
