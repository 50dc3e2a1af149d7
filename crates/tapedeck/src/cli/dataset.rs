use std::fs::File;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use tapedeck_config::Settings;
use tapedeck_domain::bars::Bars;
use tapedeck_domain::dataset::{DatasetDescription, Interval, Symbol};
use tapedeck_domain::id::DatasetId;
use tapedeck_domain::time::Timestamp;
use tapedeck_engine::synthetic;
use tapedeck_files::read_csv;

use crate::components::Components;

#[derive(Subcommand)]
pub(super) enum Action {
    /// Import a CSV file with the columns time,open,high,low,close,volume.
    Import(Import),
    /// Generate a random walk from a seed.
    Generate(Generate),
}

#[derive(Args)]
pub(super) struct Import {
    /// The file; times are dates or ISO 8601, in UTC where no zone is given.
    file: PathBuf,
    /// Name of the dataset: a-z, 0-9, `_` and `-`.
    #[arg(long)]
    id: DatasetId,
    /// What was traded; the first part of the name when nothing is said.
    #[arg(long, value_parser = symbol)]
    symbol: Option<Symbol>,
    /// Time from bar to bar, such as 1d or 5m; the commonest step when nothing is said.
    #[arg(long)]
    interval: Option<Interval>,
}

#[derive(Args)]
pub(super) struct Generate {
    /// How many bars.
    #[arg(long)]
    rows: usize,
    /// Same seed, same bars.
    #[arg(long)]
    seed: u64,
    /// Time from bar to bar, such as 1m.
    #[arg(long)]
    interval: Interval,
    /// Name of the dataset.
    #[arg(long)]
    id: DatasetId,
    /// Time of the first bar.
    #[arg(long, default_value = "2020-01-01")]
    start: Timestamp,
}

fn symbol(text: &str) -> Result<Symbol, String> {
    text.to_owned().try_into().map_err(|error| format!("{error}"))
}

pub(super) async fn run(action: Action, settings: Settings) -> anyhow::Result<()> {
    let (description, bars) = match action {
        Action::Import(import) => {
            let name = import.file.display().to_string();
            let file = File::open(&import.file).with_context(|| format!("opening {name}"))?;
            let bars = read_csv(file).with_context(|| format!("importing {name}"))?;
            (describe(import.id, import.symbol, import.interval, None), bars)
        }
        Action::Generate(generate) => {
            let Generate { rows, seed, interval, start, id } = generate;
            let bars = synthetic::random_walk(rows, seed, start, interval.as_nanos())?;
            let source = format!("generated with seed {seed}");
            (describe(id, None, Some(interval), Some(source)), bars)
        }
    };
    add(description, bars, &settings).await
}

fn describe(
    id: DatasetId,
    symbol: Option<Symbol>,
    interval: Option<Interval>,
    source: Option<String>,
) -> DatasetDescription {
    DatasetDescription { id, symbol, interval, warnings: Vec::new(), source }
}

#[expect(clippy::print_stdout, reason = "the output of a command")]
async fn add(
    description: DatasetDescription,
    bars: Bars,
    settings: &Settings,
) -> anyhow::Result<()> {
    let components = Components::open(settings).await?;
    let dataset = components.datasets.import(description, bars).await?;
    println!(
        "{} version {}: {} bars of {} every {}, {} to {}",
        dataset.id,
        dataset.version,
        dataset.bars,
        dataset.symbol.as_str(),
        dataset.interval,
        dataset.from,
        dataset.to
    );
    Ok(())
}
