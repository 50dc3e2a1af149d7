//! Sweeps against single runs, and the deflated ratio against its own terms.

#[expect(dead_code, reason = "shared with other tests")]
mod support;

use tapedeck_domain::metrics::Figure;
use tapedeck_domain::strategy::{ParamValue, Params};
use tapedeck_domain::sweep::{RowOutcome, Search, SweepPlan, SweepReport, SweepRow};
use tapedeck_engine::{Control, Done, Market, Sweep, Unattended, simulate};

fn whole(values: impl IntoIterator<Item = i64>) -> Vec<ParamValue> {
    values.into_iter().map(ParamValue::Integer).collect()
}

fn plan() -> SweepPlan {
    SweepPlan {
        parameters: [
            ("fast".to_owned(), whole((5..30).step_by(6))),
            ("slow".to_owned(), whole((35..192).step_by(26))),
        ]
        .into(),
        constraints: Vec::new(),
        ordered: Vec::new(),
        search: Search::Grid,
        objective: "sharpe".to_owned(),
        filters: Vec::new(),
        combinations: 35,
        excluded: Some(0),
    }
}

fn report() -> SweepReport {
    let (bars, plan) = (support::aapl(), plan());
    let combinations = plan.combinations(&Params::default(), 100).unwrap();
    let sweep = Sweep::new(Market::from(bars.view()), &support::spec(1, 2, 0.001), &combinations);
    let row = |i: usize| {
        let params = combinations.swept(i);
        let outcome = sweep.run(&params, &mut Unattended).unwrap();
        SweepRow { combination: i as u64, params, outcome }
    };
    sweep.report(&plan, (0..combinations.len()).map(row).collect())
}

#[test]
fn every_row_has_the_figures_of_the_single_run_to_the_bit() {
    let bars = support::aapl();
    for row in report().rows {
        let length = |name| row.params.get(name).unwrap().as_f64() as u32;
        let spec = support::spec(length("fast"), length("slow"), 0.001);
        let single = simulate(Market::from(bars.view()), &spec, &mut Unattended).unwrap();
        let (metrics, figures) = (single.metrics.unwrap(), row.figures().unwrap());
        assert_eq!(format!("{:?}", figures.run), format!("{:?}", metrics.run));
        assert_eq!(format!("{:?}", figures.trades), format!("{:?}", metrics.all));
    }
}

#[test]
fn the_best_has_the_highest_sharpe_and_a_deflated_one_below_its_psr() {
    let report = report();
    let best = report.row(report.best.unwrap()).unwrap();
    let sharpes = report.rows.iter().filter_map(|row| row.value("sharpe"));
    assert_eq!(best.value("sharpe"), sharpes.max_by(f64::total_cmp));
    let Figure::Value(deflated) = report.deflated_sharpe else { panic!("{report:?}") };
    assert!(deflated > 0.0 && deflated < best.value("psr").unwrap(), "{deflated}");
}

/// The number that `tests/fixtures/sweep/deflated_sharpe.py` prints, which simulates the crossovers
/// and computes the ratio with numpy 2.4.6 and scipy 1.17.1 alone.
#[test]
fn the_deflated_ratio_of_a_real_sweep_is_that_of_numpy_and_scipy() {
    let Figure::Value(deflated) = report().deflated_sharpe else { panic!("it has a value") };
    assert!((deflated - 0.9846743910105439).abs() < 1e-12, "{deflated}");
}

#[test]
fn a_combination_that_is_stopped_has_no_row() {
    struct Stopped;
    impl Control for Stopped {
        fn go_on(&mut self, done: Done) -> bool {
            done.bars == 0
        }
    }
    let bars = support::aapl();
    let combinations = plan().combinations(&Params::default(), 100).unwrap();
    let sweep = Sweep::new(Market::from(bars.view()), &support::spec(1, 2, 0.001), &combinations);
    assert_eq!(sweep.run(&combinations.swept(0), &mut Stopped), None);
}

#[test]
fn a_strategy_that_the_engine_does_not_have_fails() {
    let bars = support::aapl();
    let mut spec = support::spec(1, 2, 0.001);
    spec.strategy.version = 999;
    let combinations = plan().combinations(&Params::default(), 100).unwrap();
    let sweep = Sweep::new(Market::from(bars.view()), &spec, &combinations);
    let outcome = sweep.run(&combinations.swept(0), &mut Unattended);
    assert_eq!(outcome, Some(RowOutcome::Failed("no version 999 of sma_crossover".to_owned())));
}
