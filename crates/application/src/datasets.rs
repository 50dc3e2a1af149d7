//! Datasets: import them, look them up, read their bars.

use std::sync::Arc;

use tapedeck_domain::bars::Bars;
use tapedeck_domain::dataset::{Dataset, DatasetDescription};
use tapedeck_domain::id::DatasetId;
use tapedeck_domain::port::{Clock, DatasetCatalog, DatasetStore, StorageError};

/// Datasets: import them, look them up, read their bars.
#[derive(Clone)]
pub struct Datasets {
    catalog: Arc<dyn DatasetCatalog>,
    store: Arc<dyn DatasetStore>,
    clock: Arc<dyn Clock>,
}

impl Datasets {
    /// Over these ports.
    pub fn new(
        catalog: Arc<dyn DatasetCatalog>,
        store: Arc<dyn DatasetStore>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { catalog, store, clock }
    }

    /// Keeps `bars` and adds them to the catalog; the same bars under the same name change
    /// nothing, others make a new version.
    ///
    /// # Errors
    /// A store failed. Bars may have been kept then, under a name that nothing refers to.
    pub async fn import(
        &self,
        description: DatasetDescription,
        bars: Bars,
    ) -> Result<Dataset, StorageError> {
        let dataset = Dataset::describe(description, &bars, self.clock.now());
        // Bars first: the catalog must never name bars that are not there.
        self.store.put(&dataset.content_hash, Arc::new(bars)).await?;
        self.catalog.add(dataset).await
    }

    /// The latest version of a dataset.
    ///
    /// # Errors
    /// The catalog failed.
    pub async fn find(&self, id: &DatasetId) -> Result<Option<Dataset>, StorageError> {
        self.catalog.find(id).await
    }

    /// The latest versions with names after `after`, by name.
    ///
    /// # Errors
    /// The catalog failed.
    pub async fn list(
        &self,
        after: Option<&DatasetId>,
        limit: usize,
    ) -> Result<Vec<Dataset>, StorageError> {
        self.catalog.list(after, limit).await
    }

    /// The bars of a version.
    ///
    /// # Errors
    /// The store failed, or does not have what the catalog names.
    pub async fn bars(&self, content_hash: &str) -> Result<Arc<Bars>, StorageError> {
        let bars = self.store.open(content_hash).await?;
        bars.ok_or_else(|| StorageError::corrupt(format!("no bars with hash {content_hash}")))
    }
}
