//! The check that orders do not depend on the future.

#[expect(dead_code, reason = "shared with other tests")]
mod support;

use support::{aapl, spec};
use tapedeck_domain::bars::BarView;
use tapedeck_domain::spec::Check;
use tapedeck_domain::trading::TradeSide;
use tapedeck_engine::strategy::{Context, Decision, Strategy};
use tapedeck_engine::{Unattended, run_whole, simulate};

/// Buys before a rise and sells before a fall, `ahead` bars early.
struct Peeking {
    ahead: usize,
}

impl Strategy for Peeking {
    fn on_close(&mut self, context: Context<'_>) -> Decision {
        let Context { bars: BarView { close, .. }, i, position, .. } = context;
        let Some(future) = close.get(i + self.ahead) else { return Decision::Hold };
        match position {
            None if *future > close[i] * 1.01 => Decision::Enter(TradeSide::Long),
            Some(_) if *future < close[i] * 0.99 => Decision::Exit,
            None | Some(_) => Decision::Hold,
        }
    }
}

#[test]
fn a_strategy_that_peeks_is_caught_however_far_it_looks() {
    let bars = aapl();
    for (ahead, seed) in [(1, 0), (1, 1), (2, 2), (5, 3), (50, 4)] {
        let mut spec = spec(20, 50, 0.0);
        (spec.seed, spec.checks) = (seed, vec![Check::Lookahead]);
        let mut make = || Peeking { ahead };
        let report = run_whole(bars.view().into(), &spec, &mut make, &mut Unattended);
        let check = &report.checks[0];
        assert!(!check.passed && check.first_bar.is_some(), "{ahead} bars ahead: {check:?}");
    }
}

#[test]
fn a_clean_strategy_is_never_flagged() {
    let bars = aapl();
    for seed in 0..20 {
        let mut spec = spec(5, 20, 0.001);
        (spec.seed, spec.checks) = (seed, vec![Check::Lookahead]);
        spec.risk.stop_loss = Some(0.02.try_into().unwrap());
        spec.risk.take_profit = Some(0.04.try_into().unwrap());
        let report = simulate(bars.view().into(), &spec, &mut Unattended).unwrap();
        let check = &report.checks[0];
        assert!(check.passed && check.samples > 10, "{check:?}");
    }
}

#[test]
fn a_run_that_did_not_ask_is_not_checked() {
    let report = simulate(aapl().view().into(), &spec(5, 20, 0.001), &mut Unattended).unwrap();
    assert!(report.checks.is_empty());
}
