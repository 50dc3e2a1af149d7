//! The datasets that a new server starts with, so that the first backtest needs no upload.

use anyhow::Context as _;
use tapedeck_application::Datasets;
use tapedeck_domain::dataset::DatasetDescription;
use tapedeck_engine::synthetic;
use tapedeck_files::read_csv;

const AAPL: &[u8] = include_bytes!("../samples/aapl-1d.csv");

/// Adds the samples to a catalog that has no dataset at all; any other is left alone, so that a
/// sample that was deleted stays deleted.
pub(crate) async fn install(datasets: &Datasets) -> anyhow::Result<()> {
    if !datasets.list(None, 1).await?.is_empty() {
        return Ok(());
    }
    tokio::try_join!(install_aapl(datasets), install_demo(datasets))?;
    Ok(())
}

async fn install_aapl(datasets: &Datasets) -> anyhow::Result<()> {
    let bars = read_csv(AAPL).context("reading the sample aapl-1d")?;
    let description = DatasetDescription {
        id: "aapl-1d".parse()?,
        symbol: Some("AAPL".to_owned().try_into()?),
        interval: None,
        warnings: vec!["Prices are not adjusted for splits.".to_owned()],
        source: Some("bokeh_sampledata, BSD-3-Clause".to_owned()),
    };
    datasets.import(description, bars).await?;
    Ok(())
}

/// 50,000 one-minute bars.
async fn install_demo(datasets: &Datasets) -> anyhow::Result<()> {
    let start = "2024-01-01".parse()?;
    let work = move || synthetic::random_walk(50_000, 42, start, 60_000_000_000);
    let bars = tokio::task::spawn_blocking(work).await??;
    let description = DatasetDescription {
        id: "demo-1m".parse()?,
        symbol: Some("DEMO".to_owned().try_into()?),
        interval: None,
        warnings: vec!["Generated: a random walk, not a market.".to_owned()],
        source: Some("generated with seed 42".to_owned()),
    };
    datasets.import(description, bars).await?;
    Ok(())
}
