//! The tear sheet: a finished run on one page, complete in itself. Nothing of it is loaded from
//! anywhere and no script runs; `maud` escapes every text.

mod account;
mod chart;
mod facts;
mod figures;
mod months;
mod numbers;
mod trades;

use base64::Engine as _;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest as _, Sha256};
use tapedeck_application::Finished;
use tapedeck_domain::manifest::Manifest;

const STYLE: &str = include_str!("style.css");

/// What the page may do: use its own style sheet, known by its hash, and nothing else.
pub(crate) fn policy() -> String {
    let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(STYLE));
    format!("style-src 'sha256-{hash}'")
}

/// The page of a run, its envelope if that is to be shown.
pub(crate) fn page(run: &Finished, manifest: &Manifest, envelope: bool) -> String {
    let spec = &run.job.submission.spec;
    let title = format!("{} on {}", spec.strategy.id, run.job.submission.symbol.as_str());
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                (header(run, &title))
                main {
                    (figures::key_figures(run))
                    (account::equity(run))
                    (account::drawdown(run))
                    (months::table(run))
                    (figures::trade_statistics(run))
                    (trades::table(run))
                    @if envelope { (facts::envelope(&run.report)) }
                    (facts::checks(&run.report))
                    (facts::manifest(run, manifest))
                }
            }
        }
    };
    markup.into_string()
}

fn header(run: &Finished, title: &str) -> Markup {
    let (bars, submission) = (run.bars(), &run.job.submission);
    let last = bars.len().saturating_sub(1);
    html! {
        header {
            h1 { (title) }
            p { (submission.summary) }
            p.quiet {
                (numbers::count(bars.len())) " bars of " (submission.symbol.as_str()) " every "
                (submission.interval.to_string())
                @if !bars.is_empty() {
                    ", " (numbers::time(bars.timestamp(0))) " to " (numbers::time(bars.timestamp(last)))
                }
                ", " (numbers::money(submission.spec.capital.get())) " to start with."
            }
            @if run.is_partial() {
                p.warning {
                    "Partial: the run is " (run.job.state.status().as_str()) ", and ended after "
                    (numbers::count(run.report.bars_done)) " of "
                    (numbers::count(run.report.bars_total)) " bars."
                }
            }
        }
    }
}
