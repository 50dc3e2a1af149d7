//! Orders, fills and trades as columns.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tapedeck_domain::table::Column;
use tapedeck_domain::trading::{Fill, Order, Trade};

/// A value outside the columns' types, such as an order of an unknown kind.
pub(crate) struct Unreadable;

/// The text of an enum of the domain, as serde writes it; empty for none.
fn text<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(text)) => text,
        Ok(_) | Err(_) => String::new(),
    }
}

fn parse<T: DeserializeOwned>(text: &str) -> Result<T, Unreadable> {
    let value = if text.is_empty() { Value::Null } else { Value::String(text.to_owned()) };
    serde_json::from_value(value).map_err(|_| Unreadable)
}

fn ints<T>(rows: &[T], of: impl Fn(&T) -> u64) -> Column {
    Column::Int(rows.iter().map(|row| i64::try_from(of(row)).unwrap_or(i64::MAX)).collect())
}

fn optional_ints<T>(rows: &[T], of: impl Fn(&T) -> Option<usize>) -> Column {
    let int = |value: usize| i64::try_from(value).unwrap_or(i64::MAX);
    Column::OptionalInt(rows.iter().map(|row| of(row).map(int)).collect())
}

fn numbers<T>(rows: &[T], of: impl Fn(&T) -> f64) -> Column {
    Column::Number(rows.iter().map(of).collect())
}

fn texts<T, U: Serialize>(rows: &[T], of: impl Fn(&T) -> U) -> Column {
    Column::Text(rows.iter().map(|row| text(&of(row))).collect())
}

/// Reads columns one after the other, row by row.
struct Reader {
    columns: std::vec::IntoIter<Column>,
}

impl Reader {
    fn new(columns: Vec<Column>) -> Self {
        Self { columns: columns.into_iter() }
    }

    fn ints(&mut self) -> Result<std::vec::IntoIter<u64>, Unreadable> {
        let Some(Column::Int(values)) = self.columns.next() else { return Err(Unreadable) };
        let read = values.into_iter().map(|v| u64::try_from(v).map_err(|_| Unreadable));
        Ok(read.collect::<Result<Vec<_>, _>>()?.into_iter())
    }

    fn numbers(&mut self) -> Result<std::vec::IntoIter<f64>, Unreadable> {
        let Some(Column::Number(values)) = self.columns.next() else { return Err(Unreadable) };
        Ok(values.into_iter())
    }

    fn optional(&mut self) -> Result<std::vec::IntoIter<Option<f64>>, Unreadable> {
        let Some(Column::Optional(values)) = self.columns.next() else { return Err(Unreadable) };
        Ok(values.into_iter())
    }

    /// A column that older files do not have: of `rows` missing values there.
    fn added(&mut self, rows: usize) -> Result<std::vec::IntoIter<Option<usize>>, Unreadable> {
        let values = match self.columns.next() {
            Some(Column::OptionalInt(values)) => values,
            None => vec![None; rows],
            Some(_) => return Err(Unreadable),
        };
        let read = values
            .into_iter()
            .map(|value| value.map(|v| usize::try_from(v).map_err(|_| Unreadable)).transpose());
        Ok(read.collect::<Result<Vec<_>, _>>()?.into_iter())
    }

    fn texts<T: DeserializeOwned>(&mut self) -> Result<std::vec::IntoIter<T>, Unreadable> {
        let Some(Column::Text(values)) = self.columns.next() else { return Err(Unreadable) };
        let read = values.iter().map(|text| parse(text));
        Ok(read.collect::<Result<Vec<_>, _>>()?.into_iter())
    }
}

/// Takes the next value of a column that is as long as the others.
fn take<T>(column: &mut impl Iterator<Item = T>) -> Result<T, Unreadable> {
    column.next().ok_or(Unreadable)
}

pub(crate) fn orders(rows: &[Order]) -> Vec<(&'static str, Column)> {
    vec![
        ("id", ints(rows, |o| o.id)),
        ("bar", ints(rows, |o| o.bar as u64)),
        ("kind", texts(rows, |o| o.kind)),
        ("side", texts(rows, |o| o.side)),
        ("quantity", numbers(rows, |o| o.quantity)),
        ("limit_price", Column::Optional(rows.iter().map(|o| o.limit_price).collect())),
        ("stop_price", Column::Optional(rows.iter().map(|o| o.stop_price).collect())),
        ("status", texts(rows, |o| o.status)),
        ("reject_reason", texts(rows, |o| o.reject_reason)),
        ("filled_quantity", numbers(rows, |o| o.filled_quantity)),
        ("ended_bar", optional_ints(rows, |o| o.ended_bar)),
    ]
}

pub(crate) fn read_orders(columns: Vec<Column>) -> Result<Vec<Order>, Unreadable> {
    let mut read = Reader::new(columns);
    let (ids, mut bars) = (read.ints()?, read.ints()?);
    let (mut kinds, mut sides) = (read.texts()?, read.texts()?);
    let (mut quantities, mut limits) = (read.numbers()?, read.optional()?);
    let mut stops = read.optional()?;
    let (mut statuses, mut reasons) = (read.texts()?, read.texts()?);
    let mut filled = read.numbers()?;
    let mut ended = read.added(ids.len())?;
    ids.map(|id| {
        Ok(Order {
            id,
            bar: take(&mut bars)? as usize,
            kind: take(&mut kinds)?,
            side: take(&mut sides)?,
            quantity: take(&mut quantities)?,
            filled_quantity: take(&mut filled)?,
            limit_price: take(&mut limits)?,
            stop_price: take(&mut stops)?,
            status: take(&mut statuses)?,
            reject_reason: take(&mut reasons)?,
            ended_bar: take(&mut ended)?,
        })
    })
    .collect()
}

pub(crate) fn fills(rows: &[Fill]) -> Vec<(&'static str, Column)> {
    vec![
        ("id", ints(rows, |f| f.id)),
        ("order_id", ints(rows, |f| f.order_id)),
        ("bar", ints(rows, |f| f.bar as u64)),
        ("side", texts(rows, |f| f.side)),
        ("quantity", numbers(rows, |f| f.quantity)),
        ("price", numbers(rows, |f| f.price)),
        ("commission", numbers(rows, |f| f.commission)),
        ("slippage", numbers(rows, |f| f.slippage)),
    ]
}

pub(crate) fn read_fills(columns: Vec<Column>) -> Result<Vec<Fill>, Unreadable> {
    let mut read = Reader::new(columns);
    let (ids, mut orders, mut bars) = (read.ints()?, read.ints()?, read.ints()?);
    let (mut sides, mut quantities) = (read.texts()?, read.numbers()?);
    let (mut prices, mut commissions) = (read.numbers()?, read.numbers()?);
    let mut slippages = read.numbers()?;
    ids.map(|id| {
        Ok(Fill {
            id,
            order_id: take(&mut orders)?,
            bar: take(&mut bars)? as usize,
            side: take(&mut sides)?,
            quantity: take(&mut quantities)?,
            price: take(&mut prices)?,
            commission: take(&mut commissions)?,
            slippage: take(&mut slippages)?,
        })
    })
    .collect()
}

pub(crate) fn trades(rows: &[Trade]) -> Vec<(&'static str, Column)> {
    vec![
        ("id", ints(rows, |t| t.id)),
        ("side", texts(rows, |t| t.side)),
        ("quantity", numbers(rows, |t| t.quantity)),
        ("entry_bar", ints(rows, |t| t.entry_bar as u64)),
        ("entry_price", numbers(rows, |t| t.entry_price)),
        ("exit_bar", ints(rows, |t| t.exit_bar as u64)),
        ("exit_price", numbers(rows, |t| t.exit_price)),
        ("pnl", numbers(rows, |t| t.pnl)),
        ("return", numbers(rows, |t| t.r#return)),
        ("commission", numbers(rows, |t| t.commission)),
        ("mae", numbers(rows, |t| t.mae)),
        ("mfe", numbers(rows, |t| t.mfe)),
        ("exit_reason", texts(rows, |t| t.exit_reason)),
    ]
}

pub(crate) fn read_trades(columns: Vec<Column>) -> Result<Vec<Trade>, Unreadable> {
    let mut read = Reader::new(columns);
    let (ids, mut sides, mut quantities) = (read.ints()?, read.texts()?, read.numbers()?);
    let (mut entry_bars, mut entry_prices) = (read.ints()?, read.numbers()?);
    let (mut exit_bars, mut exit_prices) = (read.ints()?, read.numbers()?);
    let (mut pnls, mut returns) = (read.numbers()?, read.numbers()?);
    let mut commissions = read.numbers()?;
    let (mut maes, mut mfes, mut reasons) = (read.numbers()?, read.numbers()?, read.texts()?);
    ids.map(|id| {
        Ok(Trade {
            id,
            side: take(&mut sides)?,
            quantity: take(&mut quantities)?,
            entry_bar: take(&mut entry_bars)? as usize,
            entry_price: take(&mut entry_prices)?,
            exit_bar: take(&mut exit_bars)? as usize,
            exit_price: take(&mut exit_prices)?,
            pnl: take(&mut pnls)?,
            r#return: take(&mut returns)?,
            commission: take(&mut commissions)?,
            mae: take(&mut maes)?,
            mfe: take(&mut mfes)?,
            exit_reason: take(&mut reasons)?,
        })
    })
    .collect()
}
