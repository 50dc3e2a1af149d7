//! What the results rest on: assumptions, checks and inputs.

use maud::{Markup, html};
use tapedeck_application::Finished;
use tapedeck_domain::manifest::Manifest;
use tapedeck_domain::report::Report;

use super::numbers;
use crate::wire::rows::word;

/// The same run under other assumptions about the way of prices inside bars.
pub(super) fn envelope(report: &Report) -> Markup {
    if report.envelope.is_empty() {
        return html! {};
    }
    html! {
        section {
            h2 { "Execution envelope" }
            p.quiet { "The same run under other assumptions about the way of prices inside bars." }
            table {
                thead { tr { th { "Assumption" } th { "End equity" } th { "Largest drawdown" } } }
                tbody {
                    @for point in &report.envelope {
                        tr {
                            th scope="row" { (word(&point.intrabar).replace('_', " ")) }
                            td { (numbers::money(point.end_equity)) }
                            td { (numbers::percent(point.max_drawdown)) }
                        }
                    }
                }
            }
        }
    }
}

/// What the run checked of itself.
pub(super) fn checks(report: &Report) -> Markup {
    if report.checks.is_empty() {
        return html! {};
    }
    html! {
        section {
            h2 { "Checks" }
            ul {
                @for check in &report.checks {
                    li.negative[!check.passed] {
                        strong { (word(&check.check)) ": " (if check.passed { "passed" } else { "failed" }) }
                        " \u{2013} " (check.detail)
                    }
                }
            }
        }
    }
}

/// Everything that is needed to repeat the run.
pub(super) fn manifest(run: &Finished, manifest: &Manifest) -> Markup {
    let spec = &manifest.specification;
    let text = |value: serde_json::Value| value.to_string();
    let head = run.report.chain.head().unwrap_or("none");
    let rows: Vec<(&str, String)> = vec![
        ("Run", manifest.backtest_id.to_string()),
        ("Made", manifest.created_at.to_string()),
        ("Input hash", manifest.input_hash.clone()),
        ("Chain head", head.to_owned()),
        ("Engine", manifest.engine_version.clone()),
        ("Server", format!("{} ({})", manifest.build.version, manifest.build.architecture)),
        ("Dataset", format!("{} version {}", spec.dataset.id, spec.dataset.version)),
        ("Dataset hash", spec.dataset.content_hash.clone()),
        ("Range", format!("{} to {}", spec.from, spec.to)),
        ("Strategy", format!("{} version {}", spec.strategy.id, spec.strategy.version)),
        ("Parameters", text(serde_json::json!(spec.params))),
        ("Direction", word(&spec.direction)),
        ("Sizing", text(serde_json::json!(spec.sizing))),
        ("Costs", text(serde_json::json!(spec.costs))),
        ("Risk", text(serde_json::json!(spec.risk))),
        ("Execution", text(serde_json::json!(spec.execution))),
        ("Seed", spec.seed.to_string()),
    ];
    html! {
        section {
            h2 { "Manifest" }
            dl {
                @for (name, value) in rows {
                    dt { (name) }
                    dd { (value) }
                }
            }
        }
    }
}
