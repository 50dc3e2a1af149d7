//! Sweeps: one combination after the other over the same bars, and what is told of all of them.

mod columns;

use columns::SharedColumns;
use tapedeck_domain::metrics::Figure;
use tapedeck_domain::spec::Specification;
use tapedeck_domain::strategy::Params;
use tapedeck_domain::sweep::{
    Combinations, RowFigures, RowOutcome, SweepPlan, SweepReport, SweepRow, best,
};

use crate::catalog::{Rules, UnknownStrategy, rules};
use crate::program::Program;
use crate::simulation::measure;
use crate::statistics::{ReturnShape, deflated_sharpe, session_days};
use crate::strategy::{BuyAndHold, BySignals};
use crate::{Control, ENGINE_VERSION, Market};

/// What all combinations of a sweep share.
pub struct Sweep<'a> {
    market: Market<'a>,
    base: Specification,
    columns: SharedColumns,
}

impl<'a> Sweep<'a> {
    /// Over the bars of `market`; `base` holds everything but the swept parameters. Indicators
    /// that `combinations` name are computed here, once.
    pub fn new(market: Market<'a>, base: &Specification, combinations: &Combinations) -> Self {
        // What a run checks of itself, it checks for each combination that somebody looks at.
        let base = Specification { checks: Vec::new(), ..base.clone() };
        let programs = (0..combinations.len())
            .filter_map(|i| program(&specification(&base, &combinations.swept(i))));
        let columns = SharedColumns::of(programs, market.bars);
        Self { market, base, columns }
    }

    /// Runs the combination `swept`, with the figures of a single run; `None` when `control`
    /// stopped it.
    pub fn run(&self, swept: &Params, control: &mut dyn Control) -> Option<RowOutcome> {
        let spec = specification(&self.base, swept);
        let figures = match rules(&spec) {
            Ok(Rules::Resolved(rules)) => self.follow(&Program::compile(&rules), &spec, control)?,
            Ok(Rules::BuyAndHold) => measure(self.market, &spec, &mut BuyAndHold, control)?,
            Err(UnknownStrategy(strategy)) => {
                let why = format!("no version {} of {}", strategy.version, strategy.id);
                return Some(RowOutcome::Failed(why));
            }
        };
        Some(RowOutcome::Figures(Box::new(figures)))
    }

    /// Over the shared columns where all are there, else over columns of its own.
    fn follow(
        &self,
        program: &Program,
        spec: &Specification,
        control: &mut dyn Control,
    ) -> Option<RowFigures> {
        match self.columns.all_of(program) {
            Some(columns) => {
                let mut strategy = BySignals::new(program.over(&columns), spec.direction);
                measure(self.market, spec, &mut strategy, control)
            }
            None => {
                let streaming = program.clone().streaming();
                let mut strategy = BySignals::new(streaming, spec.direction);
                measure(self.market, spec, &mut strategy, control)
            }
        }
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

/// What a combination runs.
fn specification(base: &Specification, swept: &Params) -> Specification {
    Specification { params: base.params.with(swept), ..base.clone() }
}

fn program(spec: &Specification) -> Option<Program> {
    match rules(spec) {
        Ok(Rules::Resolved(rules)) => Some(Program::compile(&rules)),
        Ok(Rules::BuyAndHold) | Err(_) => None,
    }
}
