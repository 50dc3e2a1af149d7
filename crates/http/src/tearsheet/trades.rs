//! The first trades.

use maud::{Markup, html};
use tapedeck_application::Finished;
use tapedeck_domain::trading::Trade;

use super::numbers;
use crate::wire::rows::word;

/// Trades that the page lists; the table of the run has all of them.
const MAX_TRADES: usize = 300;

/// The first trades.
pub(super) fn table(run: &Finished) -> Markup {
    let trades = &run.report.trades;
    let shown = &trades[..trades.len().min(MAX_TRADES)];
    html! {
        section {
            h2 { "Trades" }
            @if trades.is_empty() {
                p.quiet { "No trade was closed." }
            } @else {
                p.quiet {
                    @if shown.len() < trades.len() {
                        "The first " (numbers::count(shown.len())) " of "
                        (numbers::count(trades.len())) " trades."
                    } @else {
                        "All " (numbers::count(trades.len())) " trades."
                    }
                }
                div.wide {
                    table {
                        thead {
                            tr {
                                th { "#" } th { "Side" } th { "Quantity" } th { "Entry" }
                                th { "Price" } th { "Exit" } th { "Price" } th { "Result" }
                                th { "Return" } th { "Reason" }
                            }
                        }
                        tbody { @for trade in shown { (row(run, trade)) } }
                    }
                }
            }
        }
    }
}

fn row(run: &Finished, trade: &Trade) -> Markup {
    let time = |bar: usize| numbers::time(run.bars().timestamp(bar));
    html! {
        tr {
            td { (trade.id) }
            td.text { (word(&trade.side)) }
            td { (numbers::plain(trade.quantity)) }
            td.text { (time(trade.entry_bar)) }
            td { (numbers::plain(trade.entry_price)) }
            td.text { (time(trade.exit_bar)) }
            td { (numbers::plain(trade.exit_price)) }
            td.negative[trade.pnl < 0.0] { (numbers::money(trade.pnl)) }
            td.negative[trade.pnl < 0.0] { (numbers::percent(trade.r#return)) }
            td.text { (word(&trade.exit_reason).replace('_', " ")) }
        }
    }
}
