//! W1: a 20/50 crossover of one unit over a million bars at 10 bps, with orders, trades, the
//! equity curve and all statistics, beside a loop as one would write it in C.
//!
//! `cargo bench -p tapedeck-engine --bench w1` runs them in turns and prints the ratio of their
//! medians: on a shared machine nothing else means much.

#[path = "../tests/support/mod.rs"]
#[expect(dead_code, reason = "shared with the tests")]
mod support;

#[path = "support/side_by_side.rs"]
mod side_by_side;

use std::hint::black_box;

use tapedeck_domain::bars::{BarView, Bars};
use tapedeck_domain::number::{Capital, Quantity};
use tapedeck_domain::rules::RuleSet;
use tapedeck_domain::spec::{Sizing, Specification};
use tapedeck_engine::program::{BLOCK, Program, Signals as _};
use tapedeck_engine::{Rules, Unattended, rules, simulate, synthetic};

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

fn as_rule_set() -> Specification {
    let definition = serde_json::json!({
        "indicators": {
            "fast": {"kind": "sma", "length": 20},
            "slow": {"kind": "sma", "length": 50}
        },
        "entry": {"all": [{"op": "crosses_above", "left": "fast", "right": "slow"}]},
        "exit": {"all": [{"op": "crosses_below", "left": "fast", "right": "slow"}]}
    });
    let mut spec = specification();
    spec.rules = Some(RuleSet::parse(&definition).unwrap());
    spec
}

fn main() {
    let start = "2020-01-01".parse().unwrap();
    let bars: Bars = synthetic::random_walk(BARS, 42, start, 60_000_000_000).unwrap();
    let (built_in, rule_set) = (specification(), as_rule_set());
    let engine = |spec: &Specification| {
        simulate(black_box(bars.view()).into(), spec, &mut Unattended).unwrap()
    };
    let reference = reference_loop(bars.view());
    for spec in [&built_in, &rule_set] {
        let report = engine(spec);
        assert_eq!(report.trades.len(), reference.trades.len(), "both loops trade alike");
        let end = report.metrics.unwrap().run.end_equity.value().unwrap();
        assert!((end - 996_001.517_768_4).abs() < 1e-7 && reference.equity.len() == BARS);
    }
    let Ok(Rules::Resolved(resolved)) = rules(&built_in) else { panic!("no rules") };
    let program = Program::compile(&resolved);
    let mut flags = vec![0; BARS];
    let mut signals = || {
        let mut streaming = program.clone().streaming();
        for start in (0..BARS).step_by(BLOCK) {
            let block = start..BARS.min(start + BLOCK);
            streaming.block(black_box(bars.view()), block.clone(), &mut flags[block]);
        }
    };
    let mut subjects: [(&str, &mut dyn FnMut()); 3] = [
        ("sma_crossover", &mut || drop(black_box(engine(&built_in)))),
        ("as a rule set", &mut || drop(black_box(engine(&rule_set)))),
        ("signals alone", &mut signals),
    ];
    let mut reference = || drop(black_box(reference_loop(black_box(bars.view()))));
    side_by_side::compare("W1", &mut reference, &mut subjects);
}
