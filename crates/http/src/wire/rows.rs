//! Rows of the tables of a run.

use serde_json::{Value, json};
use tapedeck_application::Finished;
use tapedeck_domain::portfolio::EquityCurve;

pub(crate) const TRADES: &[&str] = &[
    "id",
    "side",
    "quantity",
    "entry_time",
    "entry_bar",
    "entry_price",
    "exit_time",
    "exit_bar",
    "exit_price",
    "pnl",
    "return",
    "commission",
    "bars_held",
    "exit_reason",
    "mae",
    "mfe",
];

pub(crate) fn trade(run: &Finished, i: usize) -> Value {
    let (trade, bars) = (&run.report.trades[i], run.bars());
    json!({
        "id": trade.id,
        "side": trade.side,
        "quantity": trade.quantity,
        "entry_time": bars.timestamp(trade.entry_bar).to_string(),
        "entry_bar": trade.entry_bar,
        "entry_price": trade.entry_price,
        "exit_time": bars.timestamp(trade.exit_bar).to_string(),
        "exit_bar": trade.exit_bar,
        "exit_price": trade.exit_price,
        "pnl": trade.pnl,
        "return": trade.r#return,
        "commission": trade.commission,
        "bars_held": trade.bars_held(),
        "exit_reason": trade.exit_reason,
        "mae": trade.mae,
        "mfe": trade.mfe,
    })
}

pub(crate) const ORDERS: &[&str] = &[
    "id",
    "time",
    "bar",
    "kind",
    "side",
    "quantity",
    "limit_price",
    "stop_price",
    "status",
    "reject_reason",
    "filled_quantity",
];

pub(crate) fn order(run: &Finished, i: usize) -> Value {
    let (order, bars) = (&run.report.orders[i], run.bars());
    json!({
        "id": order.id,
        "time": bars.timestamp(order.bar).to_string(),
        "bar": order.bar,
        "kind": order.kind,
        "side": order.side,
        "quantity": order.quantity,
        "limit_price": order.limit_price,
        "stop_price": order.stop_price,
        "status": order.status,
        "reject_reason": order.reject_reason,
        "filled_quantity": order.filled_quantity,
    })
}

pub(crate) const FILLS: &[&str] =
    &["id", "order_id", "time", "bar", "side", "quantity", "price", "commission", "slippage"];

pub(crate) fn fill(run: &Finished, i: usize) -> Value {
    let (fill, bars) = (&run.report.fills[i], run.bars());
    json!({
        "id": fill.id,
        "order_id": fill.order_id,
        "time": bars.timestamp(fill.bar).to_string(),
        "bar": fill.bar,
        "side": fill.side,
        "quantity": fill.quantity,
        "price": fill.price,
        "commission": fill.commission,
        "slippage": fill.slippage,
    })
}

pub(crate) const EQUITY: &[&str] = &["time", "bar", "equity", "cash", "position", "drawdown"];

pub(crate) fn equity(run: &Finished, curve: &EquityCurve, i: usize) -> Value {
    json!({
        "time": run.bars().timestamp(i).to_string(),
        "bar": i,
        "equity": curve.equity[i],
        "cash": curve.cash[i],
        "position": curve.position[i],
        "drawdown": curve.drawdown[i],
    })
}
