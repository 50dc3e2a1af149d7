//! Tables of a run.

use serde::Serialize;
use serde_json::Value;
use tapedeck_application::Finished;
use tapedeck_domain::bars::BarView;
use tapedeck_domain::table::{Column, Table};
use tapedeck_domain::trading::{Fill, Order, Trade};

/// These rows of the trades.
pub(crate) fn trades(run: &Finished, rows: &[usize]) -> Table {
    trade_table(run.bars(), &picked(&run.report.trades, rows))
}

/// These rows of the orders.
pub(crate) fn orders(run: &Finished, rows: &[usize]) -> Table {
    order_table(run.bars(), &picked(&run.report.orders, rows))
}

/// These rows of the fills.
pub(crate) fn fills(run: &Finished, rows: &[usize]) -> Table {
    fill_table(run.bars(), &picked(&run.report.fills, rows))
}

pub(crate) fn trade_table(bars: BarView<'_>, rows: &[&Trade]) -> Table {
    Table {
        columns: vec![
            ("id", ints(rows, |t| t.id)),
            ("side", words(rows, |t| t.side)),
            ("quantity", numbers(rows, |t| t.quantity)),
            ("entry_time", times(rows, bars, |t| t.entry_bar)),
            ("entry_bar", ints(rows, |t| t.entry_bar as u64)),
            ("entry_price", numbers(rows, |t| t.entry_price)),
            ("exit_time", times(rows, bars, |t| t.exit_bar)),
            ("exit_bar", ints(rows, |t| t.exit_bar as u64)),
            ("exit_price", numbers(rows, |t| t.exit_price)),
            ("pnl", numbers(rows, |t| t.pnl)),
            ("return", numbers(rows, |t| t.r#return)),
            ("commission", numbers(rows, |t| t.commission)),
            ("bars_held", ints(rows, |t| t.bars_held() as u64)),
            ("exit_reason", words(rows, |t| t.exit_reason)),
            ("mae", numbers(rows, |t| t.mae)),
            ("mfe", numbers(rows, |t| t.mfe)),
        ],
    }
}

pub(crate) fn order_table(bars: BarView<'_>, rows: &[&Order]) -> Table {
    Table {
        columns: vec![
            ("id", ints(rows, |o| o.id)),
            ("time", times(rows, bars, |o| o.bar)),
            ("bar", ints(rows, |o| o.bar as u64)),
            ("kind", words(rows, |o| o.kind)),
            ("side", words(rows, |o| o.side)),
            ("quantity", numbers(rows, |o| o.quantity)),
            ("limit_price", Column::Optional(rows.iter().map(|o| o.limit_price).collect())),
            ("stop_price", Column::Optional(rows.iter().map(|o| o.stop_price).collect())),
            ("status", words(rows, |o| o.status)),
            ("reject_reason", words(rows, |o| o.reject_reason)),
            ("filled_quantity", numbers(rows, |o| o.filled_quantity)),
            (
                "ended_bar",
                Column::OptionalInt(rows.iter().map(|o| o.ended_bar.map(|b| b as i64)).collect()),
            ),
        ],
    }
}

pub(crate) fn fill_table(bars: BarView<'_>, rows: &[&Fill]) -> Table {
    Table {
        columns: vec![
            ("id", ints(rows, |f| f.id)),
            ("order_id", ints(rows, |f| f.order_id)),
            ("time", times(rows, bars, |f| f.bar)),
            ("bar", ints(rows, |f| f.bar as u64)),
            ("side", words(rows, |f| f.side)),
            ("quantity", numbers(rows, |f| f.quantity)),
            ("price", numbers(rows, |f| f.price)),
            ("commission", numbers(rows, |f| f.commission)),
            ("slippage", numbers(rows, |f| f.slippage)),
        ],
    }
}

/// The account at the closes of these bars.
pub(crate) fn equity(run: &Finished, rows: &[usize]) -> Table {
    let curve = run.equity();
    let number = |column: &[f64]| Column::Number(rows.iter().map(|i| column[*i]).collect());
    Table {
        columns: vec![
            ("time", times(rows, run.bars(), |i| *i)),
            ("bar", ints(rows, |i| *i as u64)),
            ("equity", number(&curve.equity)),
            ("cash", number(&curve.cash)),
            ("position", number(&curve.position)),
            ("drawdown", number(&curve.drawdown)),
        ],
    }
}

/// These rows of what the run had to say.
pub(crate) fn logs(run: &Finished, rows: &[usize]) -> Table {
    let rows = picked(&run.report.log, rows);
    Table {
        columns: vec![
            ("bar", ints(&rows, |line| line.bar as u64)),
            ("time", times(&rows, run.bars(), |line| line.bar)),
            ("level", words(&rows, |line| line.level)),
            ("message", Column::Text(rows.iter().map(|line| line.message.clone()).collect())),
        ],
    }
}

fn picked<'a, T>(all: &'a [T], rows: &[usize]) -> Vec<&'a T> {
    rows.iter().map(|i| &all[*i]).collect()
}

fn ints<T>(rows: &[T], of: impl Fn(&T) -> u64) -> Column {
    Column::Int(rows.iter().map(|row| i64::try_from(of(row)).unwrap_or(i64::MAX)).collect())
}

fn numbers<T>(rows: &[T], of: impl Fn(&T) -> f64) -> Column {
    Column::Number(rows.iter().map(of).collect())
}

fn times<T>(rows: &[T], bars: BarView<'_>, bar: impl Fn(&T) -> usize) -> Column {
    Column::Time(rows.iter().map(|row| bars.time[bar(row)]).collect())
}

fn words<T, U: Serialize>(rows: &[T], of: impl Fn(&T) -> U) -> Column {
    Column::Text(rows.iter().map(|row| word(&of(row))).collect())
}

/// A value of the domain's enums, as it is written; empty for none.
pub(crate) fn word<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(text)) => text,
        Ok(_) | Err(_) => String::new(),
    }
}
