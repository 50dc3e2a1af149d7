//! The statistics: those that matter most, and those of the trades by side.

use maud::{Markup, html};
use tapedeck_application::Finished;
use tapedeck_domain::metrics::{Definition, Figure, Metrics, TradeFigures};

use super::numbers;

/// The figures at the top, by their keys.
const KEY: [(&str, &str); 12] = [
    ("end_equity", "End equity"),
    ("total_return", "Total return"),
    ("benchmark_return", "Buy and hold"),
    ("cagr", "Growth a year"),
    ("sharpe", "Sharpe"),
    ("sortino", "Sortino"),
    ("max_drawdown", "Largest drawdown"),
    ("volatility_ann", "Volatility a year"),
    ("trades", "Trades"),
    ("win_rate", "Win rate"),
    ("profit_factor", "Profit factor"),
    ("fees_paid", "Fees paid"),
];

/// The figures at the top.
pub(super) fn key_figures(run: &Finished) -> Markup {
    let metrics = run.report.metrics.as_ref();
    let found = |key: &str| metrics.and_then(|metrics| find(metrics, key));
    html! {
        section.tiles aria-label="Key figures" {
            @for (key, label) in KEY {
                @if let Some((definition, figure)) = found(key) {
                    div title=(definition.formula) {
                        span.quiet { (label) }
                        strong { (numbers::figure(definition, figure)) }
                    }
                }
            }
        }
    }
}

fn find(metrics: &Metrics, key: &str) -> Option<(&'static Definition, Figure)> {
    let mut all = metrics.run.entries().chain(metrics.all.entries());
    all.find(|(definition, _)| definition.key == key)
}

/// The trades of both sides, and of each.
pub(super) fn trade_statistics(run: &Finished) -> Markup {
    let Some(metrics) = &run.report.metrics else { return html! {} };
    let figures =
        |side: &TradeFigures| side.entries().map(|(_, figure)| figure).collect::<Vec<_>>();
    let (all, long, short) =
        (figures(&metrics.all), figures(&metrics.long), figures(&metrics.short));
    html! {
        section {
            h2 { "Trade statistics" }
            div.wide {
                table {
                    thead { tr { th { "" } th { "All" } th { "Long" } th { "Short" } } }
                    tbody {
                        @for (k, definition) in TradeFigures::DEFINITIONS.iter().enumerate() {
                            tr {
                                th scope="row" title=(definition.formula) { (label(definition.key)) }
                                @for side in [&all, &long, &short] {
                                    td { (numbers::figure(definition, side[k])) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A key in words.
fn label(key: &str) -> String {
    if ["sqn", "mae", "mfe"].contains(&key) {
        return key.to_uppercase();
    }
    let words = key.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
