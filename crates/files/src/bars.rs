//! Bars, one file a dataset version, named by its content.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use async_trait::async_trait;
use bytes::Bytes;
use tapedeck_domain::bars::{BarView, Bars, Columns, Quotes};
use tapedeck_domain::port::{DatasetStore, StorageError};
use tapedeck_domain::table::Column;

use crate::objects::{Objects, blocking};
use crate::table::{decode, encode};

/// Datasets as Parquet files.
pub struct ParquetDatasets {
    objects: Objects,
    open: Mutex<Opened>,
}

/// Bars that somebody is using just now, and some that were used lately: runs and viewers of one
/// dataset share them.
#[derive(Default)]
struct Opened {
    used: HashMap<String, Weak<Bars>>,
    recent: VecDeque<Arc<Bars>>,
}

/// Bars that are kept although nobody uses them; 48 bytes each.
const KEPT_BARS: usize = 1_000_000;

impl Opened {
    fn find(&mut self, content_hash: &str) -> Option<Arc<Bars>> {
        self.used.get(content_hash)?.upgrade()
    }

    fn add(&mut self, content_hash: &str, bars: &Arc<Bars>) {
        self.used.retain(|_, bars| bars.strong_count() > 0);
        self.used.insert(content_hash.to_owned(), Arc::downgrade(bars));
        self.recent.push_back(Arc::clone(bars));
        while self.recent.iter().map(|bars| bars.len()).sum::<usize>() > KEPT_BARS {
            self.recent.pop_front();
        }
    }
}

impl ParquetDatasets {
    /// On `objects`.
    pub fn new(objects: Objects) -> Self {
        Self { objects, open: Mutex::default() }
    }

    fn opened(&self) -> MutexGuard<'_, Opened> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn name(content_hash: &str) -> String {
    format!("datasets/{content_hash}.parquet")
}

#[async_trait]
impl DatasetStore for ParquetDatasets {
    async fn put(&self, content_hash: &str, bars: Arc<Bars>) -> Result<(), StorageError> {
        let name = name(content_hash);
        if self.objects.exists(&name).await? {
            return Ok(());
        }
        let write = move || encode(&columns(bars.view())).map_err(StorageError::unavailable);
        self.objects.put(&name, blocking(write).await?).await
    }

    async fn open(&self, content_hash: &str) -> Result<Option<Arc<Bars>>, StorageError> {
        let opened = self.opened().find(content_hash);
        if let Some(bars) = opened {
            return Ok(Some(bars));
        }
        let Some(content) = self.objects.get(&name(content_hash)).await? else { return Ok(None) };
        let expected = content_hash.to_owned();
        let bars = Arc::new(blocking(move || read(content, &expected)).await?);
        self.opened().add(content_hash, &bars);
        Ok(Some(bars))
    }
}

fn columns(bars: BarView<'_>) -> Vec<(&'static str, Column)> {
    let mut columns = vec![
        ("time", Column::Int(bars.time.to_vec())),
        ("open", Column::Number(bars.open.to_vec())),
        ("high", Column::Number(bars.high.to_vec())),
        ("low", Column::Number(bars.low.to_vec())),
        ("close", Column::Number(bars.close.to_vec())),
        ("volume", Column::Number(bars.volume.to_vec())),
    ];
    if let Some(quotes) = bars.quotes {
        columns.extend([
            ("bid_mean", Column::Number(quotes.bid_mean.to_vec())),
            ("ask_mean", Column::Number(quotes.ask_mean.to_vec())),
            ("spread_mean", Column::Number(quotes.spread_mean.to_vec())),
        ]);
    }
    columns
}

fn read(content: Bytes, expected: &str) -> Result<Bars, StorageError> {
    let corrupt = |what: &str| StorageError::corrupt(format!("dataset {expected}: {what}"));
    let columns = decode(content).map_err(|error| corrupt(&error.to_string()))?;
    let mut columns = columns.into_iter();
    let Some(Column::Int(time)) = columns.next() else { return Err(corrupt("no times")) };
    let mut number = || match columns.next() {
        Some(Column::Number(values)) => Some(values),
        Some(_) | None => None,
    };
    let mut price = || number().ok_or_else(|| corrupt("a column of numbers is missing"));
    let (open, high, low, close, volume) = (price()?, price()?, price()?, price()?, price()?);
    let quotes = match (number(), number(), number()) {
        (Some(bid_mean), Some(ask_mean), Some(spread_mean)) => {
            Some(Quotes { bid_mean, ask_mean, spread_mean })
        }
        (_, _, _) => None,
    };
    let columns = Columns { time, open, high, low, close, volume, quotes };
    let bars = Bars::new(columns).map_err(|error| corrupt(&error.to_string()))?;
    if bars.content_hash() == expected { Ok(bars) } else { Err(corrupt("its content changed")) }
}
