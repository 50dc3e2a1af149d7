//! The account over time, beside what buying and holding would have made of it.

use maud::{Markup, html};
use tapedeck_application::Finished;

use super::chart::Chart;
use super::numbers;

/// Equity and buy and hold.
pub(super) fn equity(run: &Finished) -> Markup {
    let benchmark = buy_and_hold(run);
    let chart = Chart {
        label: "Equity at each close, and the same money bought and held",
        lines: vec![("benchmark", &benchmark), ("equity", &run.equity().equity)],
        filled: false,
        unit: |value| numbers::grouped(value, if value.fract() == 0.0 { 0 } else { 2 }),
        height: 320.0,
    };
    html! {
        section {
            h2 { "Equity" }
            p.legend {
                span.key.equity { "equity" } " "
                span.key.benchmark { (run.job.submission.symbol.as_str()) " bought and held" }
            }
            (chart.draw(run.bars()))
        }
    }
}

/// The capital, had it been in the market from the first close.
fn buy_and_hold(run: &Finished) -> Vec<f64> {
    let closes = run.bars().close;
    let capital = run.job.submission.spec.capital.get();
    let first = closes.first().copied().unwrap_or(1.0);
    closes.iter().map(|close| capital * (close / first)).collect()
}

/// The fall from the highest equity so far.
pub(super) fn drawdown(run: &Finished) -> Markup {
    let fall: Vec<f64> = run.equity().drawdown.iter().map(|drawdown| -drawdown).collect();
    let chart = Chart {
        label: "Fall from the highest equity so far",
        lines: vec![("drawdown", &fall)],
        filled: true,
        unit: |value| numbers::grouped(value * 100.0, 1) + "\u{a0}%",
        height: 180.0,
    };
    html! {
        section {
            h2 { "Drawdown" }
            (chart.draw(run.bars()))
        }
    }
}
