//! Sweeps: one combination after the other over the same bars, and what is told of all of them.

use tapedeck_domain::metrics::Figure;
use tapedeck_domain::spec::Specification;
use tapedeck_domain::strategy::Params;
use tapedeck_domain::sweep::{RowFigures, RowOutcome, SweepPlan, SweepReport, SweepRow, best};

use crate::statistics::{ReturnShape, deflated_sharpe, session_days};
use crate::{Control, ENGINE_VERSION, Market, simulate};

/// What all combinations of a sweep share.
pub struct Sweep<'a> {
    market: Market<'a>,
    base: Specification,
}

impl<'a> Sweep<'a> {
    /// Over the bars of `market`; `base` holds everything but the swept parameters.
    pub fn new(market: Market<'a>, base: &Specification) -> Self {
        // What a run checks of itself, it checks for each combination that somebody looks at.
        let base = Specification { checks: Vec::new(), ..base.clone() };
        Self { market, base }
    }

    /// Runs the combination `swept`, as a single run would; `None` when `control` stopped it.
    pub fn run(&self, swept: &Params, control: &mut dyn Control) -> Option<RowOutcome> {
        let spec = Specification { params: self.base.params.with(swept), ..self.base.clone() };
        let report = match simulate(self.market, &spec, control) {
            Ok(report) => report,
            Err(unknown) => {
                let strategy = unknown.0;
                let why = format!("no version {} of {}", strategy.version, strategy.id);
                return Some(RowOutcome::Failed(why));
            }
        };
        let metrics = report.metrics.filter(|_| report.bars_done == report.bars_total)?;
        let figures = RowFigures { run: metrics.run, trades: metrics.all };
        Some(RowOutcome::Figures(Box::new(figures)))
    }

    /// The report of the rows that were run, in the order of the search.
    pub fn report(&self, plan: &SweepPlan, rows: Vec<SweepRow>) -> SweepReport {
        let mut report = SweepReport {
            engine_version: ENGINE_VERSION.to_owned(),
            combinations: plan.combinations,
            rows,
            best: None,
            deflated_sharpe: deflated_sharpe(&[], 0, None),
        };
        let best = best(report.passing(&plan.filters), &plan.objective);
        let (best, deflated) = (best.map(|row| row.combination), self.deflated(&report, best));
        (report.best, report.deflated_sharpe) = (best, deflated);
        report
    }

    /// Every combination that ran is a trial, whether it passes the filters or not: it could have
    /// been the luckiest.
    fn deflated(&self, report: &SweepReport, best: Option<&SweepRow>) -> Figure {
        let year = f64::from(self.base.dataset.periods_per_year).sqrt();
        let daily = |row: &SweepRow| Some(row.value("sharpe")? / year);
        let sharpes: Vec<f64> = report.rows.iter().filter_map(daily).collect();
        let trials = report.rows.iter().filter(|row| row.figures().is_some()).count();
        let returns = session_days(self.market.bars).saturating_sub(1);
        let chosen = best.and_then(|row| {
            let (skew, kurtosis) = (row.value("skew")?, row.value("kurtosis_excess")?);
            ReturnShape::from_corrected(returns, daily(row)?, skew, kurtosis)
        });
        deflated_sharpe(&sharpes, trials, chosen)
    }
}
