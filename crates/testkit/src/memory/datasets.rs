//! Datasets in memory.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use tapedeck_domain::bars::Bars;
use tapedeck_domain::dataset::{Dataset, Interval, Symbol};
use tapedeck_domain::id::DatasetId;
use tapedeck_domain::port::{DatasetCatalog, DatasetStore, StorageError};

/// The latest version of each dataset.
#[derive(Debug, Default)]
pub struct MemoryDatasetCatalog(Mutex<BTreeMap<DatasetId, Dataset>>);

impl MemoryDatasetCatalog {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<DatasetId, Dataset>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl DatasetCatalog for MemoryDatasetCatalog {
    async fn add(&self, mut dataset: Dataset) -> Result<Dataset, StorageError> {
        let mut all = self.lock();
        dataset.version = match all.get(&dataset.id) {
            Some(latest) if latest.content_hash == dataset.content_hash => {
                return Ok(latest.clone());
            }
            Some(latest) => latest.version + 1,
            None => 1,
        };
        all.insert(dataset.id.clone(), dataset.clone());
        Ok(dataset)
    }

    async fn find(&self, id: &DatasetId) -> Result<Option<Dataset>, StorageError> {
        Ok(self.lock().get(id).cloned())
    }

    async fn find_by_symbol(
        &self,
        symbol: &Symbol,
        interval: Interval,
    ) -> Result<Vec<Dataset>, StorageError> {
        let wanted = |dataset: &&Dataset| dataset.symbol == *symbol && dataset.interval == interval;
        Ok(self.lock().values().filter(wanted).cloned().collect())
    }

    async fn list(
        &self,
        after: Option<&DatasetId>,
        limit: usize,
    ) -> Result<Vec<Dataset>, StorageError> {
        let later = |dataset: &&Dataset| after.is_none_or(|after| dataset.id > *after);
        Ok(self.lock().values().filter(later).take(limit).cloned().collect())
    }
}

/// Bars by content.
#[derive(Debug, Default)]
pub struct MemoryDatasets(Mutex<HashMap<String, Arc<Bars>>>);

#[async_trait]
impl DatasetStore for MemoryDatasets {
    async fn put(&self, content_hash: &str, bars: Arc<Bars>) -> Result<(), StorageError> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.entry(content_hash.to_owned()).or_insert(bars);
        Ok(())
    }

    async fn open(&self, content_hash: &str) -> Result<Option<Arc<Bars>>, StorageError> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(bars) = all.get(content_hash) else { return Ok(None) };
        if bars.content_hash() != content_hash {
            return Err(StorageError::corrupt(format!("dataset {content_hash}")));
        }
        Ok(Some(Arc::clone(bars)))
    }
}
