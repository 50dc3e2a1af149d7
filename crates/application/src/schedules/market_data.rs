use std::sync::Arc;

use async_trait::async_trait;
use tapedeck_domain::bars::{BarView, Bars, Columns};
use tapedeck_domain::dataset::{Dataset, DatasetDescription};
use tapedeck_domain::id::DatasetId;
use tapedeck_domain::port::{Clock, MarketData};
use tapedeck_domain::time::Timestamp;

use super::task::{ScheduledTask, TaskEnd, TaskError};
use crate::datasets::Datasets;

/// Adds new bars of a service to datasets: each that gets some has a new version.
pub struct MarketDataRefresh {
    /// The service.
    pub service: Arc<dyn MarketData>,
    /// Where datasets are.
    pub datasets: Datasets,
    /// Which of them are kept up to date.
    pub ids: Vec<DatasetId>,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

#[async_trait]
impl ScheduledTask for MarketDataRefresh {
    /// A dataset that cannot be refreshed stays as it is, and does not hold up the others.
    async fn run(&self) -> Result<TaskEnd, TaskError> {
        let (mut said, mut failed) = (Vec::new(), false);
        for id in &self.ids {
            said.push(match self.refresh(id).await {
                Ok(done) => format!("{id}: {done}"),
                Err(error) => {
                    failed = true;
                    format!("{id} failed: {error}")
                }
            });
        }
        let said = said.join("; ");
        if failed { Err(TaskError(said)) } else { Ok(TaskEnd::Done(said)) }
    }
}

impl MarketDataRefresh {
    async fn refresh(&self, id: &DatasetId) -> Result<String, TaskError> {
        let dataset = self.find(id).await?;
        let found = self.service.candles(&dataset.symbol, dataset.interval, dataset.to).await?;
        let Some(new) = found.and_then(|bars| over(&bars, &dataset, self.clock.now())) else {
            return Ok("no new bars".to_owned());
        };
        let known = self.datasets.bars(&dataset.content_hash).await?;
        let all = joined(known.view(), new.view())?;
        // Somebody may have imported other bars while the service was asked.
        if self.find(id).await?.content_hash != dataset.content_hash {
            return Err(TaskError("it was imported anew meanwhile".to_owned()));
        }
        let added = new.len();
        let imported = self.datasets.import(description(dataset), all).await?;
        Ok(format!("{added} new bars up to {}, version {}", imported.to, imported.version))
    }

    async fn find(&self, id: &DatasetId) -> Result<Dataset, TaskError> {
        let found = self.datasets.find(id).await?;
        found.ok_or_else(|| TaskError("no dataset has this name".to_owned()))
    }
}

/// The bars that are over: what the service says of one that lasts may change.
fn over(bars: &Bars, dataset: &Dataset, now: Timestamp) -> Option<Bars> {
    let view = bars.view();
    let ends = |time: i64| time.saturating_add(dataset.interval.as_nanos());
    let over = view.time.partition_point(|time| ends(*time) <= now.as_nanos());
    Bars::new(columns(view, over)).ok()
}

fn joined(known: BarView<'_>, new: BarView<'_>) -> Result<Bars, TaskError> {
    if known.quotes.is_some() {
        return Err(TaskError("it has quotes, which the service does not know".to_owned()));
    }
    let (mut all, new) = (columns(known, known.len()), columns(new, new.len()));
    all.time.extend(new.time);
    all.open.extend(new.open);
    all.high.extend(new.high);
    all.low.extend(new.low);
    all.close.extend(new.close);
    all.volume.extend(new.volume);
    Bars::new(all).map_err(|error| TaskError(error.to_string()))
}

/// The first `n` bars, without quotes.
fn columns(bars: BarView<'_>, n: usize) -> Columns {
    Columns {
        time: bars.time[..n].to_vec(),
        open: bars.open[..n].to_vec(),
        high: bars.high[..n].to_vec(),
        low: bars.low[..n].to_vec(),
        close: bars.close[..n].to_vec(),
        volume: bars.volume[..n].to_vec(),
        quotes: None,
    }
}

fn description(dataset: Dataset) -> DatasetDescription {
    let Dataset { id, symbol, interval, warnings, source, .. } = dataset;
    DatasetDescription { id, symbol: Some(symbol), interval: Some(interval), warnings, source }
}
