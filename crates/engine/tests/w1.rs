//! The work of reference: a 20/50 crossover of one unit over a million generated bars.

#[expect(dead_code, reason = "shared with other tests")]
mod support;

use sha2::{Digest as _, Sha256};
use support::spec;
use tapedeck_domain::bars::Bars;
use tapedeck_domain::number::{Capital, Quantity};
use tapedeck_domain::report::Report;
use tapedeck_domain::spec::Sizing;
use tapedeck_domain::time::Timestamp;
use tapedeck_engine::{Unattended, simulate, synthetic};

fn million() -> Bars {
    let start: Timestamp = "2020-01-01".parse().unwrap();
    synthetic::random_walk(1_000_000, 42, start, 60_000_000_000).unwrap()
}

fn run(bars: &Bars, commission: f64) -> Report {
    let mut spec = spec(20, 50, commission);
    spec.capital = Capital::try_from(1_000_000.0).unwrap();
    spec.sizing = Sizing::FixedQuantity { value: Quantity::try_from(1.0).unwrap() };
    simulate(bars.view().into(), &spec, &mut Unattended).unwrap()
}

/// The hash is that of the same bars made by NumPy: open, high, low, close and volume.
#[test]
fn the_generated_bars_are_those_that_others_measure_with() {
    let bars = million();
    let view = bars.view();
    let mut hash = Sha256::new();
    for column in [view.open, view.high, view.low, view.close, view.volume] {
        column.iter().for_each(|x| hash.update(x.to_le_bytes()));
    }
    let expected = "f630f181a82e1ded7c8e28d2ea732887ea170372209fe861bc273e9cad5f9ebf";
    assert_eq!(hex::encode(hash.finalize()), expected);
}

#[test]
fn the_exact_answers_come_out_ties_included() {
    let bars = million();
    for (commission, end) in [(0.0, 1_000_176.718_2), (0.001, 996_001.517_768_4)] {
        let report = run(&bars, commission);
        assert_eq!(report.trades.len(), 11_250);
        let found = report.metrics.unwrap().run.end_equity.value().unwrap();
        assert!((found - end).abs() < 1e-7, "{found} for {end}");
    }
}
