//! Figures of the run as a whole.

use tapedeck_domain::metrics::{Figure, RunFigures, Undefined};
use tapedeck_domain::trading::OrderStatus;

use super::Facts;
use super::curve::shape;
use super::moments::{kurtosis, mean, probabilistic_sharpe, quantile, skew, std};
use super::returns::{bar_moments, daily, simple};

/// A value, or why there is none.
fn or(value: Option<f64>, reason: Undefined) -> Figure {
    value.map_or(Figure::Undefined(reason), |value| Figure::finite_or(value, reason))
}

fn count(n: usize) -> Figure {
    Figure::Value(n as f64)
}

pub(super) fn figures(facts: &Facts<'_>) -> RunFigures {
    let equity = facts.equity;
    let (n, days) = (equity.len(), daily(facts.bars, equity));
    let r = simple(&days);
    let p = f64::from(facts.periods_per_year);
    let end = equity.last().copied().unwrap_or(facts.capital);
    let shape = shape(equity, facts.stretches);
    let deepest = shape.depths.iter().copied().fold(0.0, f64::max);
    let average = shape.sum / n as f64;
    let notional: f64 = facts.fills.iter().map(|fill| fill.quantity * fill.price).sum();
    let slippage: f64 = facts.fills.iter().map(|fill| fill.slippage).sum();
    let gross: f64 = facts.trades.iter().map(|trade| (trade.pnl + trade.commission).abs()).sum();
    let growth = (end / facts.capital).max(0.0);
    let cagr = (!r.is_empty()).then(|| libm::pow(growth, p / r.len() as f64) - 1.0);
    let bars_a_year = p * n as f64 / days.len() as f64;
    let rejected = |status| status == OrderStatus::Rejected;
    let closes = facts.benchmark.close;
    let solvent = equity[0] > 0.0 && deepest < 1.0;
    let bar_sharpe = solvent.then(|| bar_moments(equity, facts.stretches)).flatten();
    let bar_sharpe = bar_sharpe.map(|(mean, std)| mean / std * bars_a_year.sqrt());
    let no_returns = if r.is_empty() { Undefined::TooShort } else { Undefined::ZeroVariance };
    RunFigures {
        bars: count(n),
        start_equity: Figure::of(facts.capital),
        end_equity: Figure::of(end),
        peak_equity: Figure::of(shape.peak),
        exposure_time: Figure::of(shape.held as f64 / n as f64),
        turnover: or((average != 0.0).then(|| notional / average), Undefined::NoEquity),
        fees_paid: Figure::of(facts.fills.iter().map(|fill| fill.commission).sum()),
        slippage_cost: Figure::of(slippage),
        slippage_share: or((gross > 0.0).then(|| slippage / gross), Undefined::NoTrades),
        orders: count(facts.orders.len()),
        fills: count(facts.fills.len()),
        rejected_orders: count(facts.orders.iter().filter(|o| rejected(o.status)).count()),
        ambiguous_bars: Figure::of(facts.ambiguous_bars as f64),
        total_return: Figure::of(end / facts.capital - 1.0),
        benchmark_return: or(growth_of(closes), Undefined::TooShort),
        cagr: or(cagr, Undefined::TooShort),
        volatility_ann: or(volatility(&r, p), Undefined::TooShort),
        max_drawdown: Figure::of(deepest),
        max_drawdown_duration: count(shape.longest),
        avg_drawdown: or(mean(&shape.depths), Undefined::NoDrawdown),
        sharpe: or(sharpe(&r, p), no_returns),
        sharpe_bar: or(bar_sharpe, no_returns),
        sortino: or(sortino(&r, p), if r.is_empty() { no_returns } else { Undefined::NoLosses }),
        calmar: or(cagr.filter(|_| deepest > 0.0).map(|c| c / deepest), Undefined::NoDrawdown),
        omega: or(omega(&r), if r.is_empty() { no_returns } else { Undefined::NoLosses }),
        ulcer_index: or(ulcer(&days), Undefined::TooShort),
        var_95: or(quantile(&r, 0.05), Undefined::TooShort),
        cvar_95: or(tail_mean(&r), Undefined::TooShort),
        skew: or(skew(&r), shape_reason(&r, 3)),
        kurtosis_excess: or(kurtosis(&r), shape_reason(&r, 4)),
        psr: or(probabilistic_sharpe(&r), shape_reason(&r, 2)),
    }
}

fn growth_of(closes: &[f64]) -> Option<f64> {
    Some(closes.last()? / closes.first()? - 1.0)
}

fn shape_reason(r: &[f64], least: usize) -> Undefined {
    if r.len() < least { Undefined::TooShort } else { Undefined::ZeroVariance }
}

/// A curve that never moves has a volatility of 0, which is a value.
fn volatility(r: &[f64], p: f64) -> Option<f64> {
    (r.len() >= 2).then(|| std(r).unwrap_or(0.0) * p.sqrt())
}

fn sharpe(r: &[f64], p: f64) -> Option<f64> {
    Some(mean(r)? / std(r)? * p.sqrt())
}

fn sortino(r: &[f64], p: f64) -> Option<f64> {
    let downside: Vec<f64> = r.iter().map(|x| x.min(0.0) * x.min(0.0)).collect();
    let risk = mean(&downside)?.sqrt();
    (risk > 0.0).then_some(mean(r)? * p / (risk * p.sqrt()))
}

fn omega(r: &[f64]) -> Option<f64> {
    let gains: f64 = r.iter().filter(|x| **x > 0.0).sum();
    let losses: f64 = -r.iter().filter(|x| **x < 0.0).sum::<f64>();
    (losses > 0.0).then(|| gains / losses)
}

fn tail_mean(r: &[f64]) -> Option<f64> {
    let var = quantile(r, 0.05)?;
    let tail: Vec<f64> = r.iter().copied().filter(|x| *x <= var).collect();
    mean(&tail)
}

fn ulcer(days: &[f64]) -> Option<f64> {
    let mut peak = f64::NEG_INFINITY;
    let squares = days.iter().map(|equity| {
        peak = peak.max(*equity);
        let fall = if peak > 0.0 { 1.0 - equity / peak } else { 0.0 };
        fall * fall
    });
    let sum: f64 = squares.sum();
    // n counts returns, of which there is one fewer than days.
    let n = days.len().checked_sub(2).filter(|n| *n > 0)?;
    Some((sum / n as f64).sqrt())
}
