use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Map, Value, json};
use tapedeck_application::PrepareError;
use tapedeck_config::Settings;
use tapedeck_domain::bars::BarView;
use tapedeck_domain::id::{BacktestId, LeaseId, WorkerId};
use tapedeck_domain::job::{
    Backtest, Failure, Headline, JobEvent, Lease, Outcome, ReportRef, Submission, transition,
};
use tapedeck_domain::port::{BrokeOff, Ran, RunControl, RunRequest};
use tapedeck_domain::report::Report;
use tapedeck_http::wire::{self, Refusal};

use crate::components::Components;

#[derive(Subcommand)]
pub(super) enum Action {
    /// Run one backtest here and now, without a server; nothing is stored.
    Run(Run),
}

#[derive(Args)]
pub(super) struct Run {
    /// Name of the dataset.
    #[arg(long, required_unless_present = "spec")]
    dataset: Option<String>,
    /// Name of the strategy.
    #[arg(long, required_unless_present_any = ["spec", "rules"])]
    strategy: Option<String>,
    /// A file with a rule set in place of a strategy.
    #[arg(long, conflicts_with_all = ["spec", "strategy"])]
    rules: Option<PathBuf>,
    /// A parameter of the strategy, as name=value; may be repeated.
    #[arg(long = "param", value_parser = parameter)]
    params: Vec<(String, f64)>,
    /// First day or moment.
    #[arg(long)]
    from: Option<String>,
    /// Last day or moment, included.
    #[arg(long)]
    to: Option<String>,
    /// Commission in hundredths of a percent of the notional.
    #[arg(long)]
    commission_bps: Option<f64>,
    /// Slippage in hundredths of a percent of the price.
    #[arg(long)]
    slippage_bps: Option<f64>,
    /// Units that each entry trades.
    #[arg(long)]
    quantity: Option<f64>,
    /// Money to start with.
    #[arg(long)]
    capital: Option<f64>,
    /// A file with the body of `POST /api/v1/backtests` instead; `-` is standard input.
    #[arg(long, conflicts_with_all = [
        "dataset", "strategy", "params", "from", "to", "commission_bps", "slippage_bps", "quantity",
        "capital",
    ])]
    spec: Option<PathBuf>,
    /// Print the resource with its metrics as JSON.
    #[arg(long)]
    json: bool,
}

fn parameter(text: &str) -> Result<(String, f64), String> {
    let (name, value) = text.split_once('=').ok_or("must be name=value")?;
    let value = value.parse().map_err(|_| format!("`{value}` is not a number"))?;
    Ok((name.to_owned(), value))
}

pub(super) async fn run(action: Action, settings: Settings) -> anyhow::Result<()> {
    let Action::Run(run) = action;
    let body = run.body()?;
    let components = Components::open(&settings).await?;
    let submission = prepare(&components, &body).await?;
    let bars = components.datasets.bars(&submission.spec.dataset.content_hash).await?;
    let range = bars.view().between(submission.spec.from, submission.spec.to);
    let id = BacktestId::from_uuid(components.adapters.ids.next());
    let (job, _) = Backtest::submit(id, submission, components.adapters.clock.now());
    let job = advance(&components, &job, JobEvent::Claim(lease(&components)))?;
    let report = simulate(&components, &job).await?;
    let headline = report.metrics.as_ref().map(Headline::from);
    let outcome = Outcome { report: ReportRef(String::new()), headline, usage: None };
    let job = advance(&components, &job, JobEvent::Succeed(outcome))?;
    print(&components, &job, &report, range, run.json);
    Ok(())
}

impl Run {
    /// The body that a client of the API would send.
    fn body(&self) -> anyhow::Result<Vec<u8>> {
        match &self.spec {
            Some(path) if path.as_os_str() == "-" => {
                let mut body = Vec::new();
                std::io::Read::read_to_end(&mut std::io::stdin(), &mut body)?;
                Ok(body)
            }
            Some(path) => {
                std::fs::read(path).with_context(|| format!("reading {}", path.display()))
            }
            None => Ok(serde_json::to_vec(&self.options_as_body(self.rules()?))?),
        }
    }

    fn rules(&self) -> anyhow::Result<Option<Value>> {
        let Some(path) = &self.rules else { return Ok(None) };
        let text = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
        let rules = serde_json::from_slice(&text);
        rules.map(Some).with_context(|| format!("{} is not JSON", path.display()))
    }

    fn options_as_body(&self, rules: Option<Value>) -> Value {
        let params: Map<String, Value> =
            self.params.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        let sizing = self.quantity.map(|value| json!({"kind": "fixed_quantity", "value": value}));
        json!({
            "dataset_id": self.dataset,
            "strategy_id": self.strategy,
            "rules": rules,
            "params": params,
            "from": self.from,
            "to": self.to,
            "capital": self.capital,
            "sizing": sizing,
            "costs": {"commission_bps": self.commission_bps, "slippage_bps": self.slippage_bps},
        })
    }
}

async fn prepare(components: &Components, body: &[u8]) -> anyhow::Result<Submission> {
    let request_id = components.adapters.ids.next().into();
    let request = match wire::parse_backtest(body, request_id) {
        Ok(request) => request,
        Err(Refusal::NotJson(why)) => bail!("the request is not JSON: {why}"),
        Err(Refusal::Invalid(faults)) => bail!(listed(&faults)),
        Err(Refusal::DatasetNotFound) => bail!("no such dataset"),
        Err(Refusal::StrategyNotFound) => bail!("no such strategy"),
    };
    match components.prepare.prepare(request).await {
        Ok(submission) => Ok(submission),
        Err(PrepareError::Invalid(faults)) => bail!(listed(&faults)),
        Err(other) => Err(other.into()),
    }
}

fn listed(faults: &[tapedeck_application::FieldFault]) -> String {
    let lines = faults.iter().map(|fault| format!("\n  {}: {}", fault.pointer, fault.detail));
    format!("the request is not valid:{}", lines.collect::<String>())
}

fn lease(components: &Components) -> Lease {
    Lease {
        id: LeaseId::from_uuid(components.adapters.ids.next()),
        worker: WorkerId::from_uuid(components.adapters.ids.next()),
    }
}

fn advance(components: &Components, job: &Backtest, event: JobEvent) -> anyhow::Result<Backtest> {
    let change = transition(job, event, components.adapters.clock.now())?;
    Ok(job.apply(&change)?)
}

/// Runs with a bar on the terminal, if there is one.
async fn simulate(components: &Components, job: &Backtest) -> anyhow::Result<Report> {
    let control = Arc::new(RunControl::default());
    let request = RunRequest {
        spec: job.submission.spec.clone(),
        limits: job.submission.limits,
        control: Arc::clone(&control),
    };
    let bar = progress_bar(job.submission.bars)?;
    let mut run = components.adapters.runner.run(request);
    let Ran { report, broke_off, .. } = loop {
        tokio::select! {
            ran = &mut run => break ran?,
            () = tokio::time::sleep(Duration::from_millis(100)) => {
                bar.set_position(control.position().0);
            }
        }
    };
    bar.finish_and_clear();
    match broke_off {
        None => Ok(report),
        Some(BrokeOff::Limit(exceeded)) => anyhow::bail!(Failure::from(exceeded).detail),
        Some(BrokeOff::Strategy(detail)) => anyhow::bail!("the strategy failed: {detail}"),
    }
}

fn progress_bar(bars: u64) -> anyhow::Result<ProgressBar> {
    if !std::io::stderr().is_terminal() {
        return Ok(ProgressBar::hidden());
    }
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} bars, {eta} to go")?;
    Ok(ProgressBar::new(bars).with_style(style))
}

#[expect(clippy::print_stdout, reason = "the output of a command")]
fn print(
    components: &Components,
    job: &Backtest,
    report: &Report,
    bars: BarView<'_>,
    as_json: bool,
) {
    let mut resource = wire::backtest(job, components.adapters.clock.now());
    resource["metrics"] = json!(wire::metrics(report, bars));
    // It is stored nowhere, so nothing can be fetched.
    resource["links"] = json!({});
    if as_json {
        println!("{resource:#}");
        return;
    }
    println!("{}", job.submission.summary);
    println!(
        "{} bars of {}, {} to {}",
        bars.len(),
        job.submission.symbol.as_str(),
        job.submission.spec.from,
        job.submission.spec.to
    );
    for (label, key) in SUMMARY {
        println!("{label:<16} {}", resource["metrics"][key]);
    }
}

const SUMMARY: [(&str, &str); 9] = [
    ("end equity", "end_equity"),
    ("total return", "total_return"),
    ("buy and hold", "benchmark_return"),
    ("cagr", "cagr"),
    ("sharpe", "sharpe"),
    ("max drawdown", "max_drawdown"),
    ("trades", "trades"),
    ("win rate", "win_rate"),
    ("fees paid", "fees_paid"),
];
