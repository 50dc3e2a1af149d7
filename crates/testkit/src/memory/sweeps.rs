//! Sweeps in memory.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use tapedeck_domain::id::BacktestId;
use tapedeck_domain::job::ReportRef;
use tapedeck_domain::port::{StorageError, SweepStore};
use tapedeck_domain::sweep::{SweepReport, SweepSummary};

/// Reports of sweeps by name.
#[derive(Debug, Default)]
pub struct MemorySweeps(Mutex<HashMap<String, SweepReport>>);

impl MemorySweeps {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.lock().len()
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.lock().keys().cloned().collect()
    }

    pub(super) fn forget(&self, name: &str) {
        self.lock().remove(name);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, SweepReport>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl SweepStore for MemorySweeps {
    async fn put(&self, id: BacktestId, report: &SweepReport) -> Result<ReportRef, StorageError> {
        // The content itself is the name: nothing to hash, nothing that could collide.
        let name = format!("sweeps/{id}/{report:?}");
        self.lock().insert(name.clone(), report.clone());
        Ok(ReportRef(name))
    }

    async fn open(&self, report: &ReportRef) -> Result<Option<SweepReport>, StorageError> {
        Ok(self.lock().get(&report.0).cloned())
    }

    async fn summary(&self, report: &ReportRef) -> Result<Option<SweepSummary>, StorageError> {
        Ok(self.lock().get(&report.0).map(SweepReport::summary))
    }

    async fn remove(&self, report: &ReportRef) -> Result<(), StorageError> {
        self.lock().remove(&report.0);
        Ok(())
    }
}
