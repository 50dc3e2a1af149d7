//! Rows of sweeps as columns: one a parameter and one a statistic.

use std::collections::BTreeMap;

use tapedeck_domain::metrics::{Definition, Figure, RunFigures, TradeFigures, Undefined};
use tapedeck_domain::strategy::{ParamValue, Params};
use tapedeck_domain::sweep::{RowFigures, RowOutcome, SweepRow};
use tapedeck_domain::table::Column;

use crate::rows::Unreadable;

/// The swept parameters, which all rows have.
pub(crate) fn names(rows: &[SweepRow]) -> Vec<String> {
    rows.first()
        .map_or_else(Vec::new, |row| row.params.iter().map(|(name, _)| name.to_owned()).collect())
}

/// The columns with their names: the place in the search, the parameters, the statistics, why a
/// combination failed, and why statistics have no value.
pub(crate) fn columns(rows: &[SweepRow], params: &[String]) -> Vec<(String, Column)> {
    let places = rows.iter().map(|row| i64::try_from(row.combination).unwrap_or(i64::MAX));
    let mut columns = vec![("combination".to_owned(), Column::Int(places.collect()))];
    let values = params.iter().enumerate();
    columns.extend(values.map(|(k, name)| (column_name(k, name), values_of(rows, name))));
    let keys = RowFigures::definitions().map(|definition| definition.key.to_owned());
    columns.extend(keys.zip(figures(rows)));
    columns.push(("failure".to_owned(), Column::Text(rows.iter().map(failure).collect())));
    columns.push(("undefined".to_owned(), Column::Text(rows.iter().map(undefined).collect())));
    columns
}

/// A column for each statistic, in the order of their definitions.
fn figures(rows: &[SweepRow]) -> impl Iterator<Item = Column> {
    let mut columns = vec![Vec::with_capacity(rows.len()); RowFigures::definitions().count()];
    for row in rows {
        let mut entries = row.figures().into_iter().flat_map(RowFigures::entries);
        for column in &mut columns {
            column.push(entries.next().and_then(|(_, figure)| figure.value()));
        }
    }
    columns.into_iter().map(Column::Optional)
}

/// Names of columns are words; a parameter may have any name, and goes by its number then.
fn column_name(k: usize, name: &str) -> String {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    match name.is_empty() || !name.chars().all(is_word) {
        true => format!("param_{k}"),
        false => format!("param_{name}"),
    }
}

/// A parameter is whole in all rows, or in none.
fn values_of(rows: &[SweepRow], name: &str) -> Column {
    let values: Vec<ParamValue> = rows.iter().filter_map(|row| row.params.get(name)).collect();
    let whole = |value: &ParamValue| match value {
        ParamValue::Integer(whole) => Some(*whole),
        ParamValue::Number(_) => None,
    };
    match values.iter().map(whole).collect() {
        Some(whole) => Column::Int(whole),
        None => Column::Number(values.iter().map(|value| value.as_f64()).collect()),
    }
}

/// As JSON text; empty when it did not fail.
fn failure(row: &SweepRow) -> String {
    match &row.outcome {
        RowOutcome::Figures(_) => String::new(),
        RowOutcome::Failed(why) => serde_json::json!(why).to_string(),
    }
}

/// The reasons by key, as a JSON object.
fn undefined(row: &SweepRow) -> String {
    let reason = |(definition, figure): (&'static Definition, Figure)| match figure {
        Figure::Value(_) => None,
        Figure::Undefined(reason) => Some((definition.key, reason)),
    };
    let entries = row.figures().into_iter().flat_map(RowFigures::entries);
    let reasons: BTreeMap<&str, Undefined> = entries.filter_map(reason).collect();
    // Keys are text and reasons are words, so nothing can fail.
    serde_json::to_string(&reasons).unwrap_or_default()
}

/// The rows of such columns.
pub(crate) fn rows(columns: Vec<Column>, params: &[String]) -> Result<Vec<SweepRow>, Unreadable> {
    let mut columns = columns.into_iter();
    let places = ints(columns.next())?;
    let values = params.iter().map(|_| values(columns.next())).collect::<Result<Vec<_>, _>>()?;
    let figures = RowFigures::definitions()
        .map(|_| optional(columns.next()))
        .collect::<Result<Vec<_>, _>>()?;
    let (failures, reasons) = (texts(columns.next())?, texts(columns.next())?);
    let row = |(i, place): (usize, &i64)| {
        let named = params.iter().zip(&values).map(|(name, values)| (name.clone(), values[i]));
        Ok(SweepRow {
            combination: u64::try_from(*place).map_err(|_| Unreadable)?,
            params: named.collect::<Params>(),
            outcome: outcome(&figures, i, &failures[i], &reasons[i])?,
        })
    };
    places.iter().enumerate().map(row).collect()
}

fn outcome(
    figures: &[Vec<Option<f64>>],
    i: usize,
    failure: &str,
    reasons: &str,
) -> Result<RowOutcome, Unreadable> {
    if !failure.is_empty() {
        return serde_json::from_str(failure).map(RowOutcome::Failed).map_err(|_| Unreadable);
    }
    let reasons: BTreeMap<&str, Undefined> =
        serde_json::from_str(reasons).map_err(|_| Unreadable)?;
    let mut columns = figures.iter();
    let mut missing = false;
    let mut figure = |key: &str| {
        let value = columns.next().and_then(|column| column[i]);
        let reason = reasons.get(key).copied();
        missing |= value.is_none() && reason.is_none();
        let undefined = Figure::Undefined(reason.unwrap_or(Undefined::TooShort));
        value.map_or(undefined, Figure::Value)
    };
    let run = RunFigures::from_keys(&mut figure);
    let trades = TradeFigures::from_keys(&mut figure);
    if missing {
        return Err(Unreadable);
    }
    Ok(RowOutcome::Figures(Box::new(RowFigures { run, trades })))
}

fn ints(column: Option<Column>) -> Result<Vec<i64>, Unreadable> {
    let Some(Column::Int(values)) = column else { return Err(Unreadable) };
    Ok(values)
}

fn values(column: Option<Column>) -> Result<Vec<ParamValue>, Unreadable> {
    match column {
        Some(Column::Int(values)) => Ok(values.into_iter().map(ParamValue::Integer).collect()),
        Some(Column::Number(values)) => Ok(values.into_iter().map(ParamValue::Number).collect()),
        Some(Column::OptionalInt(_) | Column::Time(_) | Column::Optional(_) | Column::Text(_))
        | None => Err(Unreadable),
    }
}

fn optional(column: Option<Column>) -> Result<Vec<Option<f64>>, Unreadable> {
    let Some(Column::Optional(values)) = column else { return Err(Unreadable) };
    Ok(values)
}

fn texts(column: Option<Column>) -> Result<Vec<String>, Unreadable> {
    let Some(Column::Text(values)) = column else { return Err(Unreadable) };
    Ok(values)
}
