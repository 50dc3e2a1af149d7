//! The same run under other assumptions about the way of prices inside bars.

use tapedeck_domain::bars::BarView;
use tapedeck_domain::portfolio::{equity, stretches};
use tapedeck_domain::report::{EnvelopePoint, Report};
use tapedeck_domain::spec::{Intrabar, Specification};

use crate::Control;
use crate::control::OnlyStop;
use crate::simulation::play;
use crate::statistics::max_drawdown;
use crate::strategy::Strategy;

/// The results of `report` under each assumption. Where no bar was ambiguous they are all alike,
/// so nothing is run again. Empty when `control` stops one of the runs.
pub(crate) fn envelope<S: Strategy>(
    bars: BarView<'_>,
    spec: &Specification,
    report: &Report,
    make: &mut dyn FnMut() -> S,
    control: &mut dyn Control,
) -> Vec<EnvelopePoint> {
    let ambiguous = report.metrics.as_ref().and_then(|m| m.run.ambiguous_bars.value());
    let asked = |intrabar| spec.execution.intrabar == intrabar || ambiguous == Some(0.0);
    let own = point(bars, spec, &report.fills);
    let points = Intrabar::ALL.into_iter().map(|intrabar| {
        if asked(intrabar) {
            return Some(EnvelopePoint { intrabar, ..own });
        }
        let mut spec = spec.clone();
        spec.execution.intrabar = intrabar;
        let (done, broker) = play(bars, &spec, &mut make(), &mut OnlyStop(control));
        (done == bars.len()).then(|| point(bars, &spec, &broker.ledger.fills))
    });
    points.collect::<Option<Vec<_>>>().unwrap_or_default()
}

fn point(
    bars: BarView<'_>,
    spec: &Specification,
    fills: &[tapedeck_domain::trading::Fill],
) -> EnvelopePoint {
    let stretches: Vec<_> = stretches(bars.len(), spec.capital, fills).collect();
    let equity = equity(bars.close, &stretches);
    EnvelopePoint {
        intrabar: spec.execution.intrabar,
        end_equity: equity.last().copied().unwrap_or_else(|| spec.capital.get()),
        max_drawdown: max_drawdown(&equity, &stretches),
    }
}
