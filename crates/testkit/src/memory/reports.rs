//! Reports in memory.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use tapedeck_domain::id::BacktestId;
use tapedeck_domain::job::ReportRef;
use tapedeck_domain::manifest::Manifest;
use tapedeck_domain::port::{ReportStore, StorageError};
use tapedeck_domain::report::Report;

/// Reports by name, each with its manifest.
#[derive(Debug, Default)]
pub struct MemoryReports(Mutex<HashMap<String, (Manifest, Report)>>);

impl MemoryReports {
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

    fn lock(&self) -> MutexGuard<'_, HashMap<String, (Manifest, Report)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl ReportStore for MemoryReports {
    async fn put(
        &self,
        id: BacktestId,
        manifest: &Manifest,
        report: &Report,
    ) -> Result<ReportRef, StorageError> {
        // The content itself is the name: nothing to hash, nothing that could collide.
        let name = format!("reports/{id}/{manifest:?}{report:?}");
        self.lock().insert(name.clone(), (manifest.clone(), report.clone()));
        Ok(ReportRef(name))
    }

    async fn open(&self, report: &ReportRef) -> Result<Option<Report>, StorageError> {
        Ok(self.lock().get(&report.0).map(|(_, report)| report.clone()))
    }

    async fn manifest(&self, report: &ReportRef) -> Result<Option<Manifest>, StorageError> {
        Ok(self.lock().get(&report.0).map(|(manifest, _)| manifest.clone()))
    }

    async fn remove(&self, report: &ReportRef) -> Result<(), StorageError> {
        self.lock().remove(&report.0);
        Ok(())
    }
}
