use serde::{Deserialize, Serialize};

use super::rank;
use crate::job::Headline;
use crate::metrics::{Definition, Figure, RunFigures, TradeFigures};
use crate::strategy::Params;

/// What a sweep leaves behind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SweepReport {
    /// The engine that made it.
    pub engine_version: String,
    /// Combinations of the search; more than rows when the sweep was stopped.
    pub combinations: u64,
    /// One for each combination that was run to its end, in the order of the search.
    pub rows: Vec<SweepRow>,
    /// The combination with the best objective of those that pass the filters.
    pub best: Option<u64>,
    /// The probability that its true Sharpe ratio is above that which the luckiest of as many
    /// trials without any skill would show.
    pub deflated_sharpe: Figure,
}

/// One combination of parameters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SweepRow {
    /// Its place in the search, from 0.
    pub combination: u64,
    /// The swept parameters.
    pub params: Params,
    /// What came of it.
    pub outcome: RowOutcome,
}

/// What came of a combination.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowOutcome {
    /// It ran to its end.
    Figures(Box<RowFigures>),
    /// It could not be run, and why.
    Failed(String),
}

/// The statistics of a combination.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RowFigures {
    /// Of the run.
    pub run: RunFigures,
    /// Of all closed trades.
    pub trades: TradeFigures,
}

/// What is told of a sweep without its rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SweepSummary {
    /// The engine that made it.
    pub engine_version: String,
    /// Combinations of the search.
    pub combinations: u64,
    /// Combinations that were run to their end.
    pub trials: u64,
    /// The best of them.
    pub best: Option<Best>,
    /// See [`SweepReport::deflated_sharpe`].
    pub deflated_sharpe: Figure,
}

/// The best combination.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Best {
    /// Its place in the search.
    pub combination: u64,
    /// The swept parameters.
    pub params: Params,
    /// The figures that are looked at first.
    pub metrics: Headline,
}

impl RowFigures {
    /// Each figure with its definition: those of the run, then those of the trades.
    pub fn entries(&self) -> impl Iterator<Item = (&'static Definition, Figure)> {
        self.run.entries().chain(self.trades.entries())
    }

    /// The definitions, in that order.
    pub fn definitions() -> impl Iterator<Item = &'static Definition> {
        RunFigures::DEFINITIONS.iter().chain(TradeFigures::DEFINITIONS)
    }

    /// The value of a statistic; none when it has none, or there is none of this key.
    pub fn value(&self, key: &str) -> Option<f64> {
        self.entries().find(|(definition, _)| definition.key == key)?.1.value()
    }
}

impl SweepRow {
    /// Its statistics, if it ran.
    pub fn figures(&self) -> Option<&RowFigures> {
        match &self.outcome {
            RowOutcome::Figures(figures) => Some(figures),
            RowOutcome::Failed(_) => None,
        }
    }

    /// The value of a statistic, if it has one.
    pub fn value(&self, key: &str) -> Option<f64> {
        self.figures()?.value(key)
    }
}

impl SweepReport {
    /// Whether every combination was run.
    pub fn is_complete(&self) -> bool {
        self.rows.len() as u64 == self.combinations
    }

    /// The row of a combination.
    pub fn row(&self, combination: u64) -> Option<&SweepRow> {
        let at = self.rows.binary_search_by_key(&combination, |row| row.combination).ok()?;
        self.rows.get(at)
    }

    /// What is told of it without its rows.
    pub fn summary(&self) -> SweepSummary {
        let best = self.best.and_then(|combination| {
            let row = self.row(combination)?;
            let figures = row.figures()?;
            let metrics = Headline::of(&figures.run, &figures.trades);
            Some(Best { combination, params: row.params.clone(), metrics })
        });
        SweepSummary {
            engine_version: self.engine_version.clone(),
            combinations: self.combinations,
            trials: self.rows.len() as u64,
            best,
            deflated_sharpe: self.deflated_sharpe,
        }
    }

    /// The rows that pass `filters`.
    pub fn passing<'a>(
        &'a self,
        filters: &'a [super::Filter],
    ) -> impl Iterator<Item = &'a SweepRow> {
        self.rows.iter().filter(|row| rank::passes(row, filters))
    }
}
