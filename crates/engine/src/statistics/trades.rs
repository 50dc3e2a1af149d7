//! Figures of closed trades.

use tapedeck_domain::metrics::{Figure, TradeFigures, Undefined};
use tapedeck_domain::trading::{OpenTrade, Trade};

use super::moments::{mean, quantile, std};

fn or(value: Option<f64>, reason: Undefined) -> Figure {
    value.map_or(Figure::Undefined(reason), |value| Figure::finite_or(value, reason))
}

fn count(n: usize) -> Figure {
    Figure::Value(n as f64)
}

pub(super) fn figures(trades: &[&Trade], open: Option<&OpenTrade>) -> TradeFigures {
    let column = |of: fn(&Trade) -> f64| -> Vec<f64> { trades.iter().map(|t| of(t)).collect() };
    let (pnl, returns) = (column(|t| t.pnl), column(|t| t.r#return));
    let held = column(|t| t.bars_held() as f64);
    let wins = Part::of(trades, |pnl| pnl > 0.0);
    let losses = Part::of(trades, |pnl| pnl < 0.0);
    let decided = (wins.pnl.len() + losses.pnl.len()) as f64;
    let win_share = (decided > 0.0).then(|| wins.pnl.len() as f64 / decided);
    let payoff = mean(&wins.pnl).zip(mean(&losses.pnl)).map(|(win, loss)| win / loss.abs());
    let per_trade = |value: Option<f64>| or(value, Undefined::NoTrades);
    let one_sided = if wins.pnl.is_empty() { Undefined::NoWins } else { Undefined::NoLosses };
    let one_sided = if trades.is_empty() { Undefined::NoTrades } else { one_sided };
    let gross_profit: f64 = wins.pnl.iter().sum();
    let gross_loss: f64 = losses.pnl.iter().sum();
    TradeFigures {
        trades: count(trades.len()),
        wins: count(wins.pnl.len()),
        losses: count(losses.pnl.len()),
        breakeven: count(trades.len() - wins.pnl.len() - losses.pnl.len()),
        win_rate: per_trade(mean_of(wins.pnl.len() as f64, trades.len())),
        avg_win: or(mean(&wins.pnl), Undefined::NoWins),
        avg_win_return: or(mean(&wins.returns), Undefined::NoWins),
        avg_loss: or(mean(&losses.pnl), Undefined::NoLosses),
        avg_loss_return: or(mean(&losses.returns), Undefined::NoLosses),
        payoff_ratio: or(payoff, one_sided),
        profit_factor: or(
            (gross_loss < 0.0).then(|| gross_profit / -gross_loss),
            no_losses(trades),
        ),
        expectancy: per_trade(mean(&pnl)),
        best: per_trade(highest(&pnl)),
        best_return: per_trade(highest(&returns)),
        worst: per_trade(lowest(&pnl)),
        worst_return: per_trade(lowest(&returns)),
        avg: per_trade(mean(&pnl)),
        avg_return: per_trade(mean(&returns)),
        median: per_trade(quantile(&pnl, 0.5)),
        median_return: per_trade(quantile(&returns, 0.5)),
        gross_profit: Figure::of(gross_profit),
        gross_loss: Figure::of(gross_loss),
        net_profit: Figure::of(pnl.iter().sum()),
        max_duration: per_trade(highest(&held)),
        avg_duration: per_trade(mean(&held)),
        median_duration: per_trade(quantile(&held, 0.5)),
        max_consecutive_wins: count(longest_run(&pnl, |pnl| pnl > 0.0)),
        max_consecutive_losses: count(longest_run(&pnl, |pnl| pnl < 0.0)),
        sqn: sqn(&pnl),
        kelly: or(win_share.zip(payoff).map(|(w, ratio)| w - (1.0 - w) / ratio), one_sided),
        mae: per_trade(lowest(&column(|t| t.mae))),
        mfe: per_trade(highest(&column(|t| t.mfe))),
        open_trades: count(usize::from(open.is_some())),
        open_pnl: Figure::of(open.map_or(0.0, |open| open.open_pnl)),
    }
}

/// The trades of one outcome.
struct Part {
    pnl: Vec<f64>,
    returns: Vec<f64>,
}

impl Part {
    fn of(trades: &[&Trade], chosen: fn(f64) -> bool) -> Self {
        let kept = || trades.iter().filter(|trade| chosen(trade.pnl));
        Self { pnl: kept().map(|t| t.pnl).collect(), returns: kept().map(|t| t.r#return).collect() }
    }
}

fn no_losses(trades: &[&Trade]) -> Undefined {
    if trades.is_empty() { Undefined::NoTrades } else { Undefined::NoLosses }
}

fn mean_of(sum: f64, n: usize) -> Option<f64> {
    (n > 0).then(|| sum / n as f64)
}

fn highest(x: &[f64]) -> Option<f64> {
    x.iter().copied().reduce(f64::max)
}

fn lowest(x: &[f64]) -> Option<f64> {
    x.iter().copied().reduce(f64::min)
}

/// System quality number (Van Tharp).
fn sqn(pnl: &[f64]) -> Figure {
    let value = mean(pnl).zip(std(pnl)).map(|(mean, std)| (pnl.len() as f64).sqrt() * mean / std);
    let reason = match pnl.len() {
        0 => Undefined::NoTrades,
        1 => Undefined::TooShort,
        _ => Undefined::ZeroVariance,
    };
    or(value, reason)
}

fn longest_run(pnl: &[f64], counts: fn(f64) -> bool) -> usize {
    let runs = pnl.split(|pnl| !counts(*pnl));
    runs.map(<[f64]>::len).max().unwrap_or(0)
}
